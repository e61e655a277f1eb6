import { once } from 'node:events'
import { connect } from 'node:tls'
import type { Config } from '../../config/config.ts'
import { ConfigError } from '../../config/config-error.ts'
import { isLoopbackHost } from '../../protocol/redirect-uri.ts'
import { asked, metadataOf } from '../tools/server.ts'
import { bad, type Finding, ok } from './findings.ts'

const DAY = 86_400_000
// Seconds: what tokens and logins bear.
const SKEW = 30

/** Looks at the address that browsers and applications use: as they do, from outside. */
export async function* lookAtAddress({ issuer }: Config): AsyncGenerator<Finding> {
  const { protocol, hostname, port } = new URL(issuer)
  if (protocol === 'http:' && !isLoopbackHost(hostname))
    yield bad(
      `the issuer is ${issuer}: passwords and tokens cross the network for everybody to read`,
      'put a proxy with TLS in front (docs/deployment.md)',
    )
  yield* await reached(issuer)
  if (protocol === 'https:') yield await certificate(hostname, Number(port || 443))
}

async function reached(issuer: string): Promise<Finding[]> {
  try {
    await metadataOf(issuer)
    const { headers } = await asked(`${issuer}/.well-known/openid-configuration`, {})
    const skew = Math.round((Date.now() - Date.parse(headers.get('date') ?? '')) / 1000)
    return [
      ok(`${issuer} answers, and says that it is the issuer`),
      Math.abs(skew) > SKEW
        ? bad(
            `the clocks of this machine and of ${issuer} differ by ${skew} seconds`,
            'have both follow a time server (NTP)',
          )
        : ok('the clock is right, as far as the server can say'),
    ]
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return [
      bad(
        error.message,
        'start the server, or set ISSUER to the address that it is reached by; a proxy must pass the path on',
      ),
    ]
  }
}

async function certificate(host: string, port: number): Promise<Finding> {
  const socket = connect({ host, port, servername: host, rejectUnauthorized: false, timeout: 10_000 })
  try {
    await once(socket, 'secureConnect', { signal: AbortSignal.timeout(10_000) })
    if (!socket.authorized)
      return bad(
        `the certificate of ${host} is not believed (${socket.authorizationError})`,
        'install the whole chain, from an authority that browsers know',
      )
    const end = Date.parse(socket.getPeerCertificate().valid_to)
    const days = Math.floor((end - Date.now()) / DAY)
    if (days < 14)
      return bad(
        `the certificate of ${host} ends in ${days} days`,
        'renew it, and see why that does not happen by itself',
      )
    return ok(`the certificate of ${host} is good for ${days} days`)
  } catch (error) {
    return bad(
      `${host}:${port} speaks no TLS (${(error as NodeJS.ErrnoException).code ?? 'no answer'})`,
      'see what listens there',
    )
  } finally {
    socket.destroy()
  }
}
