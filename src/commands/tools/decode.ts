import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, errors, jwtVerify } from 'jose'
import { ConfigError } from '../../config/config-error.ts'
import type { Action } from '../action.ts'
import { moment } from '../output.ts'
import { readSecrets } from '../read-secret.ts'
import { ISSUER_OPTION, issuerOf, metadataOf } from './server.ts'

/** What the opaque strings of this server are, by what they begin with. */
const KINDS: Readonly<Record<string, string>> = {
  at: 'an access token of a person: introspect says what it is good for',
  ct: 'an access token of a client itself: introspect says what it is good for',
  rt: 'a refresh token: good at the token endpoint, for its client alone',
  ac: 'an authorization code: good once, for a minute',
  pl: 'a link by which a password is chosen: good once, for twenty minutes',
}

export const decode: Action = {
  summary: 'says what is in a token, and whether this server signed it',
  takes: '',
  options: ISSUER_OPTION,
  examples: ['decode', 'printf "%s\\n" "$ID_TOKEN" | postern decode'],
  async run(given, output) {
    const [text = ''] = await readSecrets(['Token'])
    const kind = KINDS[/^([a-z]{2})_/.exec(text)?.[1] ?? '']
    if (kind !== undefined)
      return output.fields({ kind, inside: 'nothing that can be read without the keys of the server' })
    const { header, claims } = parsed(text)
    const { iat, exp, ...others } = claims
    output.fields({
      ...{ header, ...others, iat: moment(iat), exp: moment(exp) },
      signature: await verdict(text, issuerOf(given)),
      ...(exp !== undefined && { expired: exp <= Date.now() / 1000 }),
    })
  },
}

function parsed(text: string) {
  try {
    return { header: decodeProtectedHeader(text), claims: decodeJwt(text) }
  } catch {
    throw new ConfigError('this is neither a JWT nor a token of this server')
  }
}

async function verdict(text: string, issuer: string): Promise<string> {
  try {
    const { jwks_uri } = await metadataOf(issuer)
    await jwtVerify(text, createRemoteJWKSet(new URL(jwks_uri)), { currentDate: new Date(0) })
    return `by a key of ${issuer}`
  } catch (error) {
    if (error instanceof ConfigError) return `not looked at: ${error.message}`
    // At the time that it is checked for, it has not begun, or that does not matter: the signature is looked at first.
    if (error instanceof errors.JWTClaimValidationFailed || error instanceof errors.JWTExpired)
      return `by a key of ${issuer}`
    return `none of ${issuer}: ${(error as Error).message}`
  }
}
