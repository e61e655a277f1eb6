/** What `isHttpsUrl` asks for, in words. */
export const HTTPS_URL = 'must be an https URL without fragment and user information, in ASCII'

/** Whether `uri` is an https URL of that form, or an http one whose host `plainHttp` accepts. */
export function isHttpsUrl(uri: string, plainHttp: (hostname: string) => boolean = () => false): boolean {
  const url = URL.parse(uri)
  if (url === null || !/^[\x21-\x7E]+$/.test(uri) || uri.includes('#')) return false
  if (url.username !== '' || url.password !== '') return false
  return url.protocol === 'https:' || (url.protocol === 'http:' && plainHttp(url.hostname))
}
