import { createPrivateKey, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { SignJWT } from 'jose'
import { ConfigError } from '../../config/config-error.ts'
import { readProblem } from '../../config/file-access.ts'
import { randomText } from '../../secrets/random.ts'

const TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** The parameters by which a client with a key proves who it is, once (RFC 7523 §2.2). Throws `ConfigError` for a file without a key. */
export async function assertionFrom(
  file: string,
  { client_id, issuer }: { client_id: string; issuer: string },
): Promise<Record<string, string>> {
  const { key, alg, kid } = keyIn(file)
  const assertion = await new SignJWT({ jti: randomText(16) })
    .setProtectedHeader({ alg, typ: 'JWT', ...(kid !== undefined && { kid }) })
    .setIssuer(client_id)
    .setSubject(client_id)
    .setAudience(issuer)
    .setIssuedAt()
    .setExpirationTime('1m')
    .sign(key)
  return { client_assertion_type: TYPE, client_assertion: assertion }
}

function keyIn(file: string): { key: KeyObject; alg: string; kid?: string | undefined } {
  const text = textOf(file)
  try {
    const jwk = text.trimStart().startsWith('{') ? JSON.parse(text) : undefined
    const first = jwk?.keys?.[0] ?? jwk
    const key = first === undefined ? createPrivateKey(text) : createPrivateKey({ key: first, format: 'jwk' })
    return { key, alg: first?.alg ?? algorithmOf(key), kid: first?.kid }
  } catch {
    // The library's words may have a part of the key.
    throw new ConfigError(`${file} has no private key; it may be a JWK, a JWK set or PEM`)
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new ConfigError(`--key: ${file} ${readProblem(error, file)}`)
  }
}

// RFC 7518 §3.1, RFC 8037: what a key of this kind mostly signs with.
function algorithmOf(key: KeyObject): string {
  if (key.asymmetricKeyType === 'ed25519') return 'EdDSA'
  if (key.asymmetricKeyType !== 'ec') return 'RS256'
  return key.asymmetricKeyDetails?.namedCurve === 'secp384r1' ? 'ES384' : 'ES256'
}
