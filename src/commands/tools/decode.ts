import { compactVerify, decodeJwt, decodeProtectedHeader } from 'jose'
import { ConfigError } from '../../config/config-error.ts'
import type { Action } from '../action.ts'
import { moment } from '../output.ts'
import { readSecrets } from '../read-secret.ts'
import { saidBy } from './handle.ts'
import { ISSUER_OPTION, issuerOf, keySetOf, metadataOf } from './server.ts'

export const decode: Action = {
  summary: 'says what is in a token: claims of a JWT and who signed it, or what an opaque one says of itself',
  takes: '',
  options: ISSUER_OPTION,
  examples: ['decode', 'printf "%s\\n" "$ID_TOKEN" | postern decode --issuer https://id.example.com'],
  async run(given, output) {
    const [text = ''] = await readSecrets(['Token'])
    const said = saidBy(text)
    if (said !== undefined) return output.fields(said)
    const { header, claims } = parsed(text)
    if (claims === undefined)
      return output.fields({ header, inside: 'encrypted (a JWE): whoever has its key can read it' })
    const { exp } = claims
    const moments = Object.entries(claims).filter(([name]) => MOMENTS.has(name))
    output.fields({
      ...{ header, ...claims },
      ...Object.fromEntries(
        moments.map(([name, value]) => [name, typeof value === 'number' ? moment(value) : value]),
      ),
      signature: await verdict(text, issuerOf(given)),
      ...(exp !== undefined && { expired: exp <= Date.now() / 1000 }),
    })
  },
}

const MOMENTS: ReadonlySet<string> = new Set(['iat', 'exp', 'nbf', 'auth_time', 'updated_at'])

function parsed(text: string) {
  try {
    const header = decodeProtectedHeader(text)
    return { header, claims: text.split('.').length === 5 ? undefined : decodeJwt(text) }
  } catch {
    throw new ConfigError(
      'this is neither a JWT nor a token of this server; is it whole, and nothing around it?',
    )
  }
}

/** Whose key has signed it. Not whether it is good: that takes its time and audience, too. */
async function verdict(text: string, issuer: string): Promise<string> {
  try {
    const keys = await keySetOf(await metadataOf(issuer))
    await compactVerify(text, keys)
    return `by a key of ${issuer}`
  } catch (error) {
    if (error instanceof ConfigError) return `not looked at: ${error.message}`
    return `by no key of ${issuer}: ${(error as Error).message}`
  }
}
