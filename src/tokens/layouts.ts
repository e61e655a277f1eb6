import { OWN_TERMS } from '../grants/profiles.ts'
import type { AccessTokenFacts } from '../grants/revoke.ts'
import { type Terms, termsFor } from '../protocol/terms.ts'
import { draftHandle, FACTS, makeHandle, openHandle, sealHandle } from '../secrets/handles.ts'
import type { Keys } from '../secrets/keys.ts'

// The layouts of the handles' facts. Times are seconds in 6 bytes; grant ids are 16 bytes.
const GRANT = 16
const TIME = 6
const JTI = 12
const ACCESS_TOKEN = GRANT + 1 + 2 * TIME + JTI

/** The facts of a client's own token: complete in itself, nothing is stored for it. */
export interface ClientTokenFacts {
  client_id: string
  terms: Terms
  issued_at: number
  expires_at: number
  jti: string
}

/** What a code carries beside its grant's id, so that a replay can be judged after the grant has forgotten it. */
export interface CodeFacts {
  grant_id: string
  expires_at: number
  /** Whether the authorization request named the redirect URI. */
  redirect_uri_sent: boolean
  /** SHA-256 of the redirect URI. */
  redirect_uri_digest: Buffer
  /** SHA-256 of the right verifier; undefined without PKCE. */
  challenge_digest: Buffer | undefined
}

export interface RefreshTokenFacts {
  grant_id: string
  generation: number
}

// Terms in a token: the scope, and a line for each resource. Neither can have a line break in it.
function termsText({ scope, resource = [] }: Terms): string {
  return [scope, ...resource].join('\n')
}

function termsFrom(text: string): Terms {
  const [scope = '', ...resource] = text.split('\n')
  return termsFor(scope, resource.length === 0 ? undefined : resource)
}

/**
 * `at_`: grant, profile, issue and expiry time, nonce; then the terms, if no profile says them. A client's scope has 2,000
 * characters at most, and the resources of a request 700, so every token fits into a handle.
 */
export function makeAccessToken(keys: Keys, token: AccessTokenFacts & { terms: Terms }): string {
  const own = token.profile === OWN_TERMS ? termsText(token.terms) : ''
  const draft = draftHandle(ACCESS_TOKEN + Buffer.byteLength(own))
  draft.write(token.grant_id, FACTS, 'base64url')
  let at = draft.writeUInt8(token.profile, FACTS + GRANT)
  at = draft.writeUIntBE(token.issued_at, at, TIME)
  at = draft.writeUIntBE(token.expires_at, at, TIME)
  at += draft.write(token.jti, at, 'base64url')
  draft.write(own, at)
  return sealHandle(keys, 'at', draft)
}

export function openAccessToken(keys: Keys, text: string): AccessTokenFacts | undefined {
  return accessTokenIn(openHandle(keys, 'at', text))
}

/** What the facts of an `at_` say. */
export function accessTokenIn(facts: Buffer | undefined): AccessTokenFacts | undefined {
  if (facts === undefined || facts.length < ACCESS_TOKEN) return undefined
  const profile = facts.readUInt8(GRANT)
  const own = profile === OWN_TERMS
  if (!own && facts.length !== ACCESS_TOKEN) return undefined
  return {
    grant_id: facts.toString('base64url', 0, GRANT),
    profile,
    issued_at: facts.readUIntBE(GRANT + 1, TIME),
    expires_at: facts.readUIntBE(GRANT + 1 + TIME, TIME),
    jti: facts.toString('base64url', GRANT + 1 + 2 * TIME, ACCESS_TOKEN),
    ...(own && { terms: termsFrom(facts.toString('utf8', ACCESS_TOKEN)) }),
  }
}

// In the length of the client id: the scope is followed by resources. A release of before takes the id to be as long as the
// token, so that no client has it, and the token is good for nothing there.
const WITH_RESOURCES = 0x8000

/** `ct_`: issue and expiry time, nonce, length of the client id (2 bytes), client id, terms. */
export function makeClientToken(keys: Keys, token: ClientTokenFacts): string {
  const terms = termsText(token.terms)
  const idLength = Buffer.byteLength(token.client_id)
  const draft = draftHandle(2 * TIME + JTI + 2 + idLength + Buffer.byteLength(terms))
  let at = draft.writeUIntBE(token.issued_at, FACTS, TIME)
  at = draft.writeUIntBE(token.expires_at, at, TIME)
  at += draft.write(token.jti, at, 'base64url')
  at = draft.writeUInt16BE(token.terms.resource === undefined ? idLength : idLength | WITH_RESOURCES, at)
  at += draft.write(token.client_id, at)
  draft.write(terms, at)
  return sealHandle(keys, 'ct', draft)
}

export function openClientToken(keys: Keys, text: string): ClientTokenFacts | undefined {
  return clientTokenIn(openHandle(keys, 'ct', text))
}

/** What the facts of a `ct_` say. */
export function clientTokenIn(facts: Buffer | undefined): ClientTokenFacts | undefined {
  const head = 2 * TIME + JTI + 2
  if (facts === undefined || facts.length < head) return undefined
  const length = facts.readUInt16BE(2 * TIME + JTI)
  const idEnd = head + (length & ~WITH_RESOURCES)
  const terms = facts.toString('utf8', idEnd)
  return {
    issued_at: facts.readUIntBE(0, TIME),
    expires_at: facts.readUIntBE(TIME, TIME),
    jti: facts.toString('base64url', 2 * TIME, 2 * TIME + JTI),
    client_id: facts.toString('utf8', head, idEnd),
    terms: (length & WITH_RESOURCES) === 0 ? { scope: terms } : termsFrom(terms),
  }
}

/** `rt_`: grant and generation. There is no nonce, so that the token of a generation can be made again. */
export function makeRefreshToken(keys: Keys, token: RefreshTokenFacts): string {
  const draft = draftHandle(GRANT + 4)
  draft.write(token.grant_id, FACTS, 'base64url')
  draft.writeUInt32BE(token.generation, FACTS + GRANT)
  return sealHandle(keys, 'rt', draft)
}

export function openRefreshToken(keys: Keys, text: string): RefreshTokenFacts | undefined {
  return refreshTokenIn(openHandle(keys, 'rt', text))
}

/** What the facts of an `rt_` say. */
export function refreshTokenIn(facts: Buffer | undefined): RefreshTokenFacts | undefined {
  if (facts?.length !== GRANT + 4) return undefined
  return { grant_id: facts.toString('base64url', 0, GRANT), generation: facts.readUInt32BE(GRANT) }
}

/** `ac_`: grant, expiry, flags, digest of the redirect URI, digest of the challenge (zeros without one). */
export function makeCode(keys: Keys, code: CodeFacts): string {
  const facts = Buffer.alloc(GRANT + TIME + 1 + 64)
  facts.write(code.grant_id, 0, 'base64url')
  facts.writeUIntBE(code.expires_at, GRANT, TIME)
  facts[GRANT + TIME] = (code.redirect_uri_sent ? 1 : 0) | (code.challenge_digest ? 2 : 0)
  code.redirect_uri_digest.copy(facts, GRANT + TIME + 1)
  code.challenge_digest?.copy(facts, GRANT + TIME + 1 + 32)
  return makeHandle(keys, 'ac', facts)
}

export function openCode(keys: Keys, text: string): CodeFacts | undefined {
  return codeIn(openHandle(keys, 'ac', text))
}

/** What the facts of an `ac_` say. */
export function codeIn(facts: Buffer | undefined): CodeFacts | undefined {
  if (facts?.length !== GRANT + TIME + 1 + 64) return undefined
  const flags = facts[GRANT + TIME] as number
  const digests = GRANT + TIME + 1
  return {
    grant_id: facts.toString('base64url', 0, GRANT),
    expires_at: facts.readUIntBE(GRANT, TIME),
    redirect_uri_sent: (flags & 1) !== 0,
    redirect_uri_digest: facts.subarray(digests, digests + 32),
    challenge_digest: (flags & 2) === 0 ? undefined : facts.subarray(digests + 32),
  }
}
