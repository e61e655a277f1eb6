import { hash } from 'node:crypto'
import type { JWTPayload } from 'jose'
import { OAuthError, quoted } from '../protocol/errors.ts'
import type { Store, StoredRecord } from '../store/store.ts'
import { insertIfNew } from '../store/update.ts'
import { type Signed, SKEW, verifySignature } from './assertion-signature.ts'
import type { RemoteKeySets } from './remote-key-sets.ts'

/** What `private_key_jwt` is checked with. */
export interface AssertionContext {
  store: Store
  keySets: RemoteKeySets
  /** Who the assertions are for. */
  issuer: string
  /** Its URL, which stood for the server before the issuer did (RFC 7523 §3). */
  token_endpoint: string
}

// Seconds that `exp` may be ahead: libraries write from ten seconds to ten minutes. As long is each assertion remembered.
const MAX_AHEAD = 600
// Characters. With a chain of certificates in its header, which nobody reads here, an assertion has 5,000.
const MAX_LENGTH = 8192
// A type that says what it is (draft-ietf-oauth-rfc7523bis), or that says nothing. Any other means something else that the
// client has signed, such as a DPoP proof.
const TYPES: readonly string[] = ['JWT', 'CLIENT-AUTHENTICATION+JWT']
// RFC 7515 §7.1: three parts of base64url, and nothing around them, which a lenient decoder would leave out.
const COMPACT = /^[\w-]+\.[\w-]+\.[\w-]+$/

/**
 * The client that the assertion says it is from, without a look at whether that is true. Throws `invalid_client` for what is
 * no JWT, or does not have one client as its issuer and subject (RFC 7523 §3).
 */
export async function readClaimedId(assertion: string): Promise<string> {
  if (assertion.length > MAX_LENGTH)
    throw new OAuthError('invalid_client', `the client assertion is longer than ${MAX_LENGTH} characters`)
  const { decodeJwt } = await import('jose')
  const { iss, sub } = claimsOf(assertion, decodeJwt)
  if (typeof sub === 'string' && sub !== '' && iss === sub) return sub
  throw new OAuthError('invalid_client', 'iss and sub of the client assertion must both be the client_id')
}

function claimsOf(assertion: string, decode: (jwt: string) => JWTPayload): JWTPayload {
  try {
    if (COMPACT.test(assertion)) return decode(assertion)
  } catch {}
  throw new OAuthError('invalid_client', 'the client assertion is not a JWT')
}

/**
 * Checks the assertion of a client (RFC 7523 §3), and marks it as used. `now` in seconds. Throws `invalid_client`, and
 * `TemporarilyUnavailable` if its keys cannot be read or there is no room for the mark.
 */
export async function requireAssertion(
  context: AssertionContext,
  signed: Signed,
  now: number,
): Promise<void> {
  const { client_id } = signed
  const { payload, protectedHeader } = await verifySignature(context.keySets, signed, now)
  const { exp = 0, iat = 0, jti } = payload
  const refuse = (problem: string, detail?: string): never => {
    throw new OAuthError('invalid_client', problem, { client_id, detail })
  }
  if (!isOfType(protectedHeader.typ)) refuse('typ of the client assertion is that of another kind of token')
  const [audience, ...others] = [payload.aud].flat()
  // draft-ietf-oauth-rfc7523bis: one audience alone. Another one could use the assertion here, as the client.
  if (others.length > 0) refuse('aud of the client assertion must be one value alone')
  if (audience !== context.issuer && (audience !== context.token_endpoint || signed.keys.issuer_audience))
    refuse(
      `aud of the client assertion must be the issuer, ${context.issuer}`,
      `aud is ${quoted(`${audience}`)}`,
    )
  if (exp > now + MAX_AHEAD + SKEW)
    refuse(`exp of the client assertion is more than ${MAX_AHEAD} seconds ahead`)
  if (iat > now + SKEW) refuse('iat of the client assertion is in the future')
  if (typeof jti !== 'string' || jti === '') return refuse('jti of the client assertion must be text')
  const mark = { client_id, jti, expires_at: Math.ceil(exp) + SKEW }
  if (!(await useOnce(context.store, mark, now)))
    refuse('the client assertion was used before; each needs a jti of its own')
}

// RFC 7515 §4.1.9: upper and lower case are the same, and application/ may be left out.
function isOfType(typ: unknown): boolean {
  if (typ === undefined) return true
  return typeof typ === 'string' && TYPES.includes(typ.toUpperCase().replace(/^APPLICATION\//, ''))
}

/** RFC 7523 §3: the same assertion is taken once. Of any number at once one is the first: whether this is it. */
function useOnce(
  store: Store,
  { jti, ...mark }: { client_id: string; jti: string; expires_at: number },
  now: number,
): Promise<boolean> {
  // Two clients may choose the same; and a long one takes no more room than a short one.
  const id = hash('sha256', JSON.stringify([mark.client_id, jti]), 'base64url')
  return insertIfNew<StoredRecord>(store, { kind: 'client_assertion', id, now }, mark)
}
