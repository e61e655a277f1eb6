import { once } from 'node:events'
import { isIP } from 'node:net'
import { connect } from 'node:tls'
import { bad, type Finding, ok } from './findings.ts'

const DAY = 86_400_000
// Milliseconds.
const WITHIN = 10_000
// Days: what renews itself does so earlier.
const SOON = 14

/** Looks at the certificate that browsers are shown: who believes it, and until when. */
export async function lookAtCertificate(name: string, port: number): Promise<Finding> {
  const host = name.replace(/^\[|\]$/g, '')
  // An address is no server name (RFC 6066 §3).
  const socket = connect({
    host,
    port,
    rejectUnauthorized: false,
    ...(isIP(host) === 0 && { servername: host }),
  })
  try {
    await once(socket, 'secureConnect', { signal: AbortSignal.timeout(WITHIN) })
    if (!socket.authorized)
      return bad(
        `the certificate of ${name} is not believed (${socket.authorizationError})`,
        'install the whole chain, for this name, from an authority that browsers know (another one: NODE_EXTRA_CA_CERTS)',
      )
    const days = Math.floor((Date.parse(socket.getPeerCertificate().valid_to) - Date.now()) / DAY)
    if (days < SOON)
      return bad(
        `the certificate of ${name} ends in ${days} days`,
        'renew it, and see why that does not happen by itself',
      )
    return ok(`the certificate of ${name} is good for ${days} days`)
  } catch (error) {
    const { code = 'no answer' } = error as NodeJS.ErrnoException
    return bad(`${name}:${port} speaks no TLS (${code})`, 'see what listens there')
  } finally {
    socket.destroy()
  }
}
