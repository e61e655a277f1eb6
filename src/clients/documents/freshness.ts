import type { IncomingHttpHeaders } from 'node:http'

// Seconds. The pages of one login follow each other within the least; no redirect URI or key is older than the most.
const LEAST = 60
const USUAL = 300
const MOST = 86_400

/** How long an answer may be used, in seconds (RFC 9111 §4.2.1), within our bounds. */
export function freshFor(headers: IncomingHttpHeaders): number {
  const said = saidIn(headers)
  if (said === undefined) return USUAL
  const age = Number(headers.age ?? 0) || 0
  return Math.min(Math.max(said - age, LEAST), MOST)
}

function saidIn({ 'cache-control': control = '', expires, date }: IncomingHttpHeaders): number | undefined {
  const directives = control
    .toLowerCase()
    .split(',')
    .map((one) => one.trim())
  if (directives.some((one) => one === 'no-store' || one === 'private' || /^no-cache\b/.test(one))) return 0
  for (const name of ['s-maxage', 'max-age']) {
    const found = directives.find((one) => one.startsWith(`${name}=`))
    const seconds = Number(found?.slice(name.length + 1).replace(/^"|"$/g, '') || Number.NaN)
    if (Number.isFinite(seconds)) return seconds
  }
  if (expires === undefined) return undefined
  // Whatever is no date is in the past (§5.3).
  const ends = Date.parse(expires) - (date === undefined ? Date.now() : Date.parse(date))
  return Number.isFinite(ends) ? ends / 1000 : 0
}
