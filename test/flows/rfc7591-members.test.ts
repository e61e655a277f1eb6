import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Client } from '../../src/clients/client.ts'
import { readDocument } from '../../src/clients/documents/read-document.ts'
import { clientsOf } from '../../src/composition/clients.ts'
import { CLIENT_SCHEMA } from '../../src/config/client-schema.ts'
import type { Environment } from '../../src/config/environment.ts'
import type { Schema } from '../../src/config/problems.ts'
import { RegistrationKeys } from '../../src/registry/registration-keys.ts'
import { Keys } from '../../src/secrets/keys.ts'
import { MemoryStore } from '../../src/store/memory.ts'
import {
  KEYED,
  KEYED_TABLE,
  LEAST,
  OFFERED,
  OTHERS,
  REFUSED,
  TABLE,
  WAYS,
} from '../support/registration-table.ts'
import { buildServer } from '../support/server.ts'

/** Values that the schema allows for a member. */
function allowed(schema: Schema): unknown[] {
  if (schema.type === 'boolean') return [true, false]
  if (schema.type === 'integer') return [schema.minimum ?? 0, schema.maximum ?? 1]
  if (schema.type === 'string')
    return [...(schema.enum ?? ['admin', 'https://evil.example/x', '$2b$04$'.padEnd(60, 'a')])]
  if (schema.type === 'array') return [allowed(schema.items), ['admin']]
  return [{ a: 'b', keys: [{ kty: 'oct', k: 'AAAA' }], sub: 'admin' }]
}

const ANYTHING = [true, 'x', 'https://evil.example/', 7, null, ['admin'], [], {}, { a: 'b' }]

async function registrar(t: TestContext) {
  // A store that keeps the key of the ids, by what the configuration says of it.
  const store = new MemoryStore()
  const { app, config, clock } = await buildServer(t, {
    ...{ store, env: { STORE: 'redis' } },
    scopes: {
      read: { sentence: 'Read', public: true },
      write: { sentence: 'Write', public: true },
      own: 'Own',
    },
    change(entries) {
      entries.resources = [{ resource: 'https://files.example', scopes: ['files'] }]
    },
  })
  const registrationKeys = new RegistrationKeys(store, new Keys(config.secretKeys, config.issuer))
  const post = async (payload: string) => {
    const headers = { host: 'localhost:8000', 'content-type': 'application/json' }
    const { statusCode, ...answer } = await app.inject({
      method: 'POST',
      url: '/oauth/register',
      headers,
      payload,
    })
    return { status: statusCode, body: answer.json() }
  }
  return {
    env: config.env,
    /** Registers the least, and these members. By their text, for `__proto__` is one. */
    async register(members: readonly (readonly [name: string, value: unknown])[], least: object = LEAST) {
      const all = new Map<string, unknown>([...Object.entries(least), ...members])
      const texts = [...all].flatMap(([name, value]) =>
        value === undefined ? [] : [`${JSON.stringify(name)}:${JSON.stringify(value)}`],
      )
      return post(`{${texts}}`)
    },
    /** What a server knows of a client by its id. */
    find: (client_id: string) =>
      clientsOf(config, { registrationKeys, now: () => clock.now }).find(client_id),
  }
}

const MEMBERS: readonly (readonly [string, readonly unknown[]])[] = [
  ...Object.entries<Schema>(CLIENT_SCHEMA.properties).map(
    ([name, schema]) => [name, [...allowed(schema), ...ANYTHING]] as const,
  ),
  ...OTHERS.map((name) => [name, ANYTHING] as const),
]
// Names in several languages are kept (RFC 7591 §2.2): `language.test.ts` has what becomes of them.
const WITHOUT_EFFECT = MEMBERS.filter(
  ([name]) => !(Object.hasOwn(TABLE, name) || REFUSED.includes(name) || name.startsWith('client_name#')),
)

test('the table is of members that there are', () => {
  const known: readonly string[] = Object.keys(CLIENT_SCHEMA.properties)
  for (const name of [...Object.keys(TABLE), ...REFUSED]) assert.ok(known.includes(name), name)
  assert.deepEqual(
    OTHERS.filter((name) => known.includes(name)),
    [],
  )
})

test('each member alone: what the table has becomes what it says', async (t) => {
  const { register } = await registrar(t)
  for (const [table, least] of [
    [TABLE, LEAST],
    [KEYED_TABLE, KEYED],
  ] as const)
    for (const [name, values] of Object.entries(table))
      for (const [sent, becomes] of values) {
        const { status, body } = await register([[name, sent]], least)
        const said = `${name} ${JSON.stringify(sent)}`
        assert.equal(status, 201, `${said} ${JSON.stringify(body)}`)
        assert.deepEqual(body[name], becomes, said)
      }
  for (const name of REFUSED) {
    const { status, body } = await register([[name, 'https://evil.example/x']])
    assert.deepEqual([status, body.error], [400, 'invalid_client_metadata'])
    assert.ok(body.error_description.includes(name))
  }
})

for (const [way, least] of Object.entries(WAYS)) {
  const isTraceless = ([name]: (typeof MEMBERS)[number]) =>
    least.jwks === undefined || !(Object.hasOwn(KEYED_TABLE, name) || name === 'jwks_uri')
  const traceless = WITHOUT_EFFECT.filter(isTraceless)

  test(`with ${way}, each member alone: everything else leaves no trace, neither in the answer nor in the id`, async (t) => {
    const { register } = await registrar(t)
    const { body: usual } = await register([], least)
    for (const [name, values] of traceless)
      for (const value of values) {
        const { status, body } = await register([[name, value]], least)
        assert.equal(status, 201, `${name} ${JSON.stringify(value)} ${JSON.stringify(body)}`)
        assert.deepEqual(same(body), same(usual), `${name} ${JSON.stringify(value)}`)
      }
  })

  test(`with ${way}, all members together: the client is no more than any other that registers`, async (t) => {
    const { register, find, env } = await registrar(t)
    const most = Object.entries(TABLE).flatMap(([name, values]) =>
      Object.hasOwn(LEAST, name) ? [] : [[name, values.at(name === 'client_name' ? 0 : -1)?.[0]] as const],
    )
    const { body } = await register(most, least)
    for (let at = 0; at < 12; at++) {
      const all = traceless.map(([name, values]) => [name, values[at % values.length]] as const)
      const { status, body: narrowed } = await register([...all, ...most], least)
      assert.equal(status, 201, JSON.stringify(narrowed))
      assert.deepEqual(same(narrowed), same(body))
    }
    const client = (await find(body.client_id)) as Client
    const { auth_methods, secret, keys, ...plain } = client
    assert.deepEqual(
      { ...plain, claim_names: { ...plain.claim_names }, claim_types: { ...plain.claim_types } },
      {
        ...{ client_id: body.client_id, client_name: 'An app', redirect_uris: LEAST.redirect_uris },
        ...expected(env),
        introduced: { consent_id: client.introduced?.consent_id ?? '', scope: expected(env).scope },
      } satisfies Rest,
    )
    const methods = body.token_endpoint_auth_methods_supported ?? [body.token_endpoint_auth_method]
    for (const method of auth_methods) if (!methods.includes(method)) assert.equal(way, 'a secret', method)
    assert.deepEqual(
      [secret !== undefined, keys !== undefined],
      [way === 'a secret', least.jwks !== undefined],
    )
  })
}

type Rest = Omit<Client, 'auth_methods' | 'secret' | 'keys'>

// A new member of `Client` has to stand here too, with what a stranger has of it.
function expected(
  env: Environment,
): Omit<Rest, 'client_id' | 'client_name' | 'redirect_uris' | 'introduced'> {
  return {
    grant_types: new Set(['authorization_code', 'refresh_token']),
    response_types: new Set(['code']),
    ...{ scope: OFFERED, default_scope: 'openid' },
    ...{ require_pkce: true, allow_plain_pkce: false },
    ...{ own_tokens: false, skip_consent: false, trust_loopback: false, introspect_any: false },
    ...{ id_token_signed_response_alg: 'RS256', claims_in_id_token: true },
    ...{
      access_token_format: 'opaque',
      access_token_typ: 'at+jwt',
      access_token_signed_response_alg: 'RS256',
    },
    ...{ claim_names: {}, claim_types: {}, claims: {} },
    ...{ post_logout_redirect_uris: [], frontchannel_logout_session_required: false },
    lifetimes: {
      access_token_ttl: env.ACCESS_TOKEN_TTL,
      refresh_token_ttl: env.REFRESH_TOKEN_TTL,
      authorization_code_ttl: env.AUTHORIZATION_CODE_TTL,
      refresh_token_grace: env.REFRESH_TOKEN_GRACE,
      grant_max_ttl: 90 * 86_400,
    },
    consent_lifetimes: [3600, 8 * 3600, 30 * 86_400],
  }
}

/** What two answers have in common if they are of the same client: the id is all that is kept of it, but who has a secret has another. */
function same({ client_id_issued_at: _, client_id, client_secret, ...body }: Record<string, unknown>) {
  return { ...body, client_id: client_secret === undefined ? client_id : 'another' }
}

test('a value of the wrong kind is refused or left out, and never a fault of ours', async (t) => {
  const { register } = await registrar(t)
  const tables = [...Object.keys(TABLE), ...REFUSED].map((name) => [name, LEAST] as const)
  const keyed = [...Object.keys(KEYED_TABLE), 'jwks_uri'].map((name) => [name, KEYED] as const)
  for (const [name, least] of [...tables, ...keyed])
    for (const value of ANYTHING) {
      const { status, body } = await register([[name, value]], least)
      assert.ok([201, 400].includes(status), `${name} ${JSON.stringify(value)} ${status}`)
      if (status === 400) assert.match(body.error, /^invalid_(redirect_uri|client_metadata)$/)
      // RFC 7591 §2: some say null where they mean nothing.
      if (value === null && !['redirect_uris', 'jwks'].includes(name)) assert.equal(status, 201, name)
    }
})

test('the same table narrows a document: each member alone leaves no trace, but a logo', () => {
  const id = 'https://agent.example/client.json'
  const read = (...members: (readonly [string, unknown])[]) => {
    const document = { client_id: id, ...LEAST, ...Object.fromEntries(members) }
    return readDocument(id, JSON.stringify(document), OFFERED.split(' '))
  }
  const least = read()
  const own = ['client_id', 'client_secret', 'client_secret_expires_at', 'logo_uri']
  for (const [name, values] of WITHOUT_EFFECT.filter(([one]) => !own.includes(one)))
    for (const value of values)
      assert.deepEqual(read([name, value]), least, `${name} ${JSON.stringify(value)}`)
  const logo_uri = 'https://agent.example/logo.png'
  assert.deepEqual(read(['logo_uri', logo_uri]), { ...least, logo_uri })
})
