import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { TestContext } from 'node:test'
import { exportJWK, generateKeyPair, type JWK, type JWTHeaderParameters, SignJWT } from 'jose'
import type { ClientEntry } from '../../src/config/schema.ts'
import { ISSUER } from './oidc.ts'
import { buildServer, type TestServerOptions } from './server.ts'
import { direct, type Reply } from './token-client.ts'

export const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** A key pair of a client. */
export interface Pair {
  kid: string
  alg: string
  privateKey: CryptoKey
  /** Its public part, as in a key set. */
  jwk: JWK
}

export async function keyPair(alg = 'ES256', kid: string = randomUUID()): Promise<Pair> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  return { kid, alg, privateKey, jwk: { ...(await exportJWK(publicKey)), kid } }
}

/** What an assertion says if it is not the usual. A member that is undefined is left out. */
export interface Unusual {
  claims?: Record<string, unknown>
  header?: Partial<JWTHeaderParameters> & Record<string, unknown>
}

/** An assertion of this client that was made at `now` (seconds). */
export function assertion(
  client_id: string,
  { kid, alg, privateKey }: Pair,
  now: number,
  { claims = {}, header = {} }: Unusual = {},
): Promise<string> {
  const usual = { iss: client_id, sub: client_id, aud: ISSUER, exp: now + 60, iat: now, jti: randomUUID() }
  return new SignJWT(given({ ...usual, ...claims }))
    .setProtectedHeader(given({ alg, kid, ...header }) as JWTHeaderParameters)
    .sign(privateKey)
}

function given(members: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))
}

/** A client with keys that has tokens of its own, and may ask about its tokens. */
export function keyedClient(client_id: string, more: Partial<ClientEntry>): ClientEntry {
  return {
    client_id,
    token_endpoint_auth_method: 'private_key_jwt',
    grant_types: ['client_credentials'],
    scope: 'read',
    ...more,
  }
}

/** The parameters that authenticate a client by this assertion. */
export function byAssertion(client_assertion: string) {
  return { client_assertion_type: ASSERTION_TYPE, client_assertion }
}

/** The secret of the client `other` of `keyedServer`. */
export const SECRET = 'a secret of 32 characters, or so'

const OTHER: ClientEntry = { client_id: 'other', client_secret: SECRET, grant_types: ['client_credentials'] }

/** A server with a client `backend` that has this key, one with a secret, and the requests of the first. */
export async function keyedServer(
  t: TestContext,
  own: Pair,
  { more = {}, ...options }: TestServerOptions & { more?: Partial<ClientEntry> } = {},
) {
  const keys = more.jwks_uri === undefined ? { jwks: { keys: [own.jwk] } } : {}
  const clients = [keyedClient('backend', { ...keys, ...more }), OTHER, ...(options.clients ?? [])]
  const server = await buildServer(t, { ...options, clients })
  const { app, clock, log } = server
  const post = (form: Record<string, string> | string, url = '/oauth/tokenize', authorization = '') =>
    direct(app, form, { url, authorization })
  const sign = (unusual: Unusual = {}, pair = own) => assertion('backend', pair, clock.now, unusual)
  const token = (jwt: string, form = {}) =>
    post({ grant_type: 'client_credentials', ...byAssertion(jwt), ...form })
  const asked = async (unusual: Unusual = {}, pair = own) => token(await sign(unusual, pair))
  /** The reason in the log of the last refusal. */
  const reason = () => log.findLast(({ event }) => event === 'client_authentication_failed')?.reason
  return { ...server, post, sign, token, asked, reason }
}

/** Holds that a request was refused for this reason, as RFC 6749 §5.2 has it. */
export function refused({ status, body }: Reply, problem: RegExp, what = String(problem)) {
  assert.deepEqual([status, body.error], [401, 'invalid_client'], what)
  assert.match(body.error_description, problem, what)
}
