import type { Config } from '../../config/config.ts'
import { ConfigError } from '../../config/config-error.ts'
import { isLoopbackHost } from '../../protocol/redirect-uri.ts'
import { askServer } from '../healthcheck.ts'
import { asked, keySetOf, metadataOf } from '../tools/server.ts'
import { lookAtCertificate } from './certificate.ts'
import { bad, type Finding, ok } from './findings.ts'
import { lookAtProxy } from './proxy.ts'

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
  if (protocol === 'https:') yield await lookAtCertificate(hostname, Number(port || 443))
  try {
    const { jwks_uri } = await metadataOf(issuer)
    yield ok(`${issuer} answers, and says that it is the issuer`)
    yield await keySet(jwks_uri)
    yield await clock(issuer)
    yield* lookAtProxy(issuer)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    yield bad(error.message, await wayTo(issuer))
  }
}

/** What to do if the issuer does not answer as it should: it depends on whether the server itself does. */
async function wayTo(issuer: string): Promise<string> {
  const here = await askServer()
  if (here !== undefined) return `start the server, or set HOST and PORT to where it listens: ${here}, either`
  const { host } = new URL(issuer)
  return `the server of this machine answers, so it is what lies between: the name ${host}, the port that is mapped, a proxy that must pass every path on; or set ISSUER to the address that it is reached by`
}

async function keySet(jwks_uri: string): Promise<Finding> {
  try {
    await keySetOf({ jwks_uri })
    return ok('its key set can be read')
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return bad(
      `${error.message}: nobody can verify a token`,
      'have the proxy pass every path under the issuer on, not some',
    )
  }
}

async function clock(issuer: string): Promise<Finding> {
  const { headers } = await asked(`${issuer}/.well-known/openid-configuration`, {})
  const skew = Math.round((Date.now() - Date.parse(headers.get('date') ?? '')) / 1000)
  if (!(Math.abs(skew) > SKEW)) return ok('the clock is that of the server, as far as it says')
  return bad(
    `the clocks of this machine and of ${issuer} differ by ${Math.abs(skew)} seconds`,
    'have both follow a time server (NTP)',
  )
}
