import { asked } from '../tools/server.ts'
import { bad, type Finding, note, ok } from './findings.ts'

// No name of a host that there could be (RFC 6761 §6.4).
const NOBODY = 'doctor.invalid'

/**
 * Looks at what a proxy in front of the server passes on. The server sends a browser that came by another name to the issuer's, and so shows
 * by which name a request has reached it.
 */
export async function* lookAtProxy(issuer: string): AsyncGenerator<Finding> {
  if (await isElsewhere(issuer, {}))
    return yield bad(
      'requests reach the server under another host name than that of the issuer',
      'have the proxy pass Host on (nginx: proxy_set_header Host $host), or name it in TRUST_PROXY if it sends X-Forwarded-Host',
    )
  yield ok('the host name of a request reaches the server')
  if (!(await isElsewhere(issuer, { 'x-forwarded-host': NOBODY })))
    return yield ok('X-Forwarded-Host of whoever asks is not believed')
  const what = 'X-Forwarded-Host is believed as this machine sends it'
  yield issuer.startsWith('https:')
    ? bad(
        `${what}: perhaps everybody can say where they come from, and guess passwords as somebody else`,
        'have the proxy set X-Forwarded-For, -Proto and -Host itself; TRUST_PROXY names proxies alone',
      )
    : note(what, 'that is right if TRUST_PROXY names it because the proxy runs here')
}

/** Whether a request with these headers reaches the server under another name than the issuer's. */
async function isElsewhere(issuer: string, headers: Record<string, string>): Promise<boolean> {
  const response = await asked(`${issuer}/`, { headers })
  await response.body?.cancel()
  return (
    response.status === 303 && (response.headers.get('set-cookie') ?? '').startsWith('postern_at_issuer=')
  )
}
