import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { CompactSign } from 'jose'
import { ASSERTION_ALGORITHMS } from '../../src/protocol/algorithms.ts'
import { MemoryStore } from '../../src/store/memory.ts'
import type { Kind, StoredRecord } from '../../src/store/store.ts'
import {
  ASSERTION_TYPE,
  assertion,
  byAssertion,
  keyedClient,
  keyedServer,
  keyPair,
  type Pair,
  refused,
  SECRET,
} from '../support/assertions.ts'
import { FaultyMemoryStore } from '../support/faulty-store.ts'
import { ISSUER } from '../support/oidc.ts'
import { basic, type Reply } from '../support/token-client.ts'

const ENDPOINT = `${ISSUER}/oauth/tokenize`

let own: Pair
let foreign: Pair
before(async () => {
  own = await keyPair()
  foreign = await keyPair()
})

test('RFC 7523 §2.2: a client authenticates by what it has signed, at every endpoint; client_id is not needed', async (t) => {
  const { post, sign, token } = await keyedServer(t, own)
  const { status, body } = await token(await sign())
  assert.equal(status, 200)
  assert.equal((await token(await sign(), { client_id: 'backend' })).status, 200)
  const about = async () => ({ token: body.access_token, ...byAssertion(await sign()) })
  const introspected = await post(await about(), '/oauth/introspect')
  assert.deepEqual([introspected.status, introspected.body.active], [200, true])
  assert.equal(introspected.body.client_id, 'backend')
  assert.equal((await post(await about(), '/oauth/revoke')).status, 200)
  assert.equal((await post(await about(), '/oauth/introspect')).body.active, false)
})

test('RFC 8414 §2: the metadata lists the method and its algorithms, for each endpoint', async (t) => {
  const { app } = await keyedServer(t, own)
  const headers = { host: 'localhost:8000' }
  const metadata = (await app.inject({ url: '/.well-known/oauth-authorization-server', headers })).json()
  for (const endpoint of ['token', 'introspection', 'revocation']) {
    assert.ok(metadata[`${endpoint}_endpoint_auth_methods_supported`].includes('private_key_jwt'), endpoint)
    const algorithms = metadata[`${endpoint}_endpoint_auth_signing_alg_values_supported`]
    assert.deepEqual(algorithms, [...ASSERTION_ALGORITHMS])
    // RFC 8414 §2: the value "none" MUST NOT be used; and no secret is shared.
    for (const alg of algorithms) assert.doesNotMatch(alg, /none|HS/)
  }
})

test('each algorithm of the metadata is one that verifies', async (t) => {
  const pairs = await Promise.all(ASSERTION_ALGORITHMS.map((alg) => keyPair(alg)))
  const { asked } = await keyedServer(t, own, { more: { jwks: { keys: pairs.map(({ jwk }) => jwk) } } })
  for (const pair of pairs) assert.equal((await asked({}, pair)).status, 200, pair.alg)
})

test('a client that names its algorithm has no other', async (t) => {
  const pairs = await Promise.all(['PS256', 'RS256'].map((alg) => keyPair(alg, 'rsa')))
  const [strong, weak] = pairs as [Pair, Pair]
  const jwks = { keys: [strong.jwk] }
  const { asked } = await keyedServer(t, own, { more: { jwks, token_endpoint_auth_signing_alg: 'PS256' } })
  assert.equal((await asked({}, strong)).status, 200)
  refused(await asked({}, { ...weak, privateKey: weak.privateKey }), /^alg of .* must be one of PS256$/)
})

test('RFC 7523 §3, draft-ietf-oauth-rfc7523bis: aud is the issuer or the token endpoint, alone, to the letter', async (t) => {
  const { asked, reason } = await keyedServer(t, own)
  for (const aud of [ISSUER, [ISSUER], ENDPOINT, [ENDPOINT]])
    assert.equal((await asked({ claims: { aud } })).status, 200, String(aud))
  for (const aud of [
    ...[
      'https://other.example',
      `${ISSUER}/`,
      `${ISSUER}/oauth`,
      `${ISSUER}/oauth/tokenize/`,
      `${ISSUER}.evil.example`,
    ],
    ...[
      ISSUER.slice(0, -1),
      ISSUER.toUpperCase(),
      `${ISSUER}/oauth/tokenize?x`,
      `${ISSUER}/oauth/introspect`,
      '',
    ],
    ...[[], [[ISSUER]], { 0: ISSUER }, null, 7, true],
  ])
    refused(
      await asked({ claims: { aud } }),
      /^aud of .* must be the issuer, http:..localhost:8000$/,
      String(aud),
    )
  assert.match(String(reason()), /^aud is '/)
  for (const aud of [
    [ISSUER, 'https://other.example'],
    [ISSUER, ISSUER],
    [ISSUER, `${ISSUER}/oauth/tokenize`],
    [[ISSUER, ISSUER]],
  ])
    refused(await asked({ claims: { aud } }), /^aud of .* must be (one value alone|the issuer)/, String(aud))
  refused(await asked({ claims: { aud: undefined } }), /^aud of the client assertion is missing$/)
})

test('with require_issuer_audience the URL of the token endpoint is refused', async (t) => {
  const { asked } = await keyedServer(t, own, { more: { require_issuer_audience: true } })
  assert.equal((await asked()).status, 200)
  refused(await asked({ claims: { aud: `${ISSUER}/oauth/tokenize` } }), /^aud of .* must be the issuer/)
})

test('RFC 7523 §3: iss and sub are the client; whose id a parameter may repeat, and no other', async (t) => {
  const { asked, token, sign } = await keyedServer(t, own)
  for (const claims of [
    ...[{ iss: 'other' }, { sub: 'other' }, { iss: undefined }, { sub: undefined }, { iss: ['backend'] }],
    ...[{ sub: ['backend'] }, { iss: '', sub: '' }, { iss: null, sub: null }, { iss: ISSUER }],
  ])
    refused(await asked({ claims }), /^iss and sub/, JSON.stringify(claims))
  refused(await token(await sign(), { client_id: 'other' }), /^client_id is not the sub/)
  // Another client that signs with its own key, in this one's name, and the other way round.
  refused(await asked({}, foreign), /^no key of this client fits/)
  refused(await asked({ header: { kid: own.kid } }, foreign), /signature/)
  refused(
    await asked({ claims: { iss: 'other', sub: 'other' } }),
    /^this client is registered for client_secret/,
  )
  refused(await asked({ claims: { iss: 'nobody', sub: 'nobody' } }), /^client authentication failed$/)
})

test('RFC 7523 §3: exp is needed and near, nbf and iat have passed; half a minute of a wrong clock is forgiven', async (t) => {
  const { asked, clock } = await keyedServer(t, own)
  const now = clock.now
  for (const claims of [
    ...[{ exp: now + 630 }, { exp: now - 29 }, { exp: now + 0.5 }, { nbf: now + 30 }, { iat: now + 30 }],
    ...[{ iat: undefined }, { iat: now - 86_400 }, { nbf: 0 }],
  ])
    assert.equal((await asked({ claims })).status, 200, JSON.stringify(claims))
  refused(await asked({ claims: { exp: undefined } }), /^exp of the client assertion is missing$/)
  for (const exp of [now - 30, now - 86_400, 0, -1])
    refused(await asked({ claims: { exp } }), /^the client assertion has expired$/)
  for (const exp of [now + 631, now + 3600, 2 ** 53, Number.MAX_VALUE])
    refused(await asked({ claims: { exp } }), /^exp .* is more than 600 seconds ahead$/)
  for (const exp of [String(now + 60), null, {}, [now + 60]])
    refused(await asked({ claims: { exp } }), /^exp of the client assertion is not a number$/)
  for (const name of ['nbf', 'iat'])
    for (const [value, problem] of [
      [now + 31, 'is in the future'],
      [String(now), 'is not a number'],
      [null, 'is not a number'],
    ])
      refused(await asked({ claims: { [name]: value } }), new RegExp(`^${name} of .* ${problem}$`))
})

test('an exp beyond every number is refused', async (t) => {
  const { token, clock } = await keyedServer(t, own)
  const claims = `{"iss":"backend","sub":"backend","aud":"${ISSUER}","exp":1e999,"iat":${clock.now},"jti":"a"}`
  const jwt = await new CompactSign(Buffer.from(claims))
    .setProtectedHeader({ alg: 'ES256', kid: own.kid })
    .sign(own.privateKey)
  refused(await token(jwt), /^exp .* is more than 600 seconds ahead$/)
})

test('RFC 7523 §3: jti is needed, and the same assertion is taken once, for as long as it could be', async (t) => {
  const { token, sign, asked, clock, store } = await keyedServer(t, own)
  const jwt = await sign({ claims: { exp: clock.now + 60 } })
  assert.equal((await token(jwt)).status, 200)
  refused(await token(jwt), /used before/)
  clock.now += 89
  refused(await token(jwt), /used before/)
  clock.now += 1
  refused(await token(jwt), /has expired/)
  // A jti is the assertion's, whatever else it says, and wherever it is shown.
  const jti = 'the same'
  assert.equal((await asked({ claims: { jti } })).status, 200)
  refused(await asked({ claims: { jti, scope: 'x' } }), /used before/)
  for (const wrong of [undefined, '', 7, null, {}, [jti]])
    refused(
      await asked({ claims: { jti: wrong } }),
      /^jti of the client assertion (is missing|must be text)$/,
    )
  assert.equal((store as MemoryStore).size('client_assertion'), 1)
})

test('an assertion that was used at one endpoint is used at every other', async (t) => {
  const { post, token, sign } = await keyedServer(t, own)
  const jwt = await sign()
  const { body } = await token(jwt)
  for (const url of ['/oauth/introspect', '/oauth/revoke', '/oauth/tokenize'])
    refused(
      await post({ grant_type: 'client_credentials', token: body.access_token, ...byAssertion(jwt) }, url),
      /used before/,
    )
})

test('two clients may choose the same jti; texts that could be taken for each other are not', async (t) => {
  const clients = ['back', 'backend"'].map((id) => keyedClient(id, { jwks: { keys: [own.jwk] } }))
  const { token, clock } = await keyedServer(t, own, { clients })
  const texts = ['end,x', 'x', 'X', 'x ', '"x"', '\ud800', '\ud801', 'é', 'e\u0301']
  for (const jti of texts)
    for (const client_id of ['back', 'backend', 'backend"']) {
      const jwt = await assertion(client_id, own, clock.now, { claims: { jti } })
      assert.equal((await token(jwt)).status, 200, `${client_id} ${jti}`)
      refused(await token(jwt), /used before/)
    }
})

test('a long jti takes no more room than a short one, and what is too long is not looked at', async (t) => {
  const made: StoredRecord[] = []
  class Recording extends MemoryStore {
    override create(kind: Kind, id: string, record: StoredRecord, now: number) {
      made.push({ ...record, id } as StoredRecord)
      return super.create(kind, id, record, now)
    }
  }
  const { asked, sign, token } = await keyedServer(t, own, { store: new Recording() })
  const claims = { jti: 'j'.repeat(5000) }
  assert.equal((await asked({ claims })).status, 200)
  refused(await asked({ claims }), /used before/)
  assert.ok(JSON.stringify(made[0]).length < 200, JSON.stringify(made[0]))
  refused(await asked({ claims: { jti: 'j'.repeat(10_240) } }), /longer than 8192 characters/)
  refused(await asked({ header: { x5c: new Array(10).fill('c'.repeat(1000)) } }), /longer than 8192/)
  refused(await token(await sign({ claims: { padding: 'p'.repeat(40_000) } })), /longer than 8192/)
  // 64 KB are the limit of every request.
  assert.equal((await token('a'.repeat(70_000))).status, 413)
  assert.equal(made.length, 2)
})

test('a full share of marks is 503 for who needs one, and forgets none', async (t) => {
  const ids = ['a', 'b', 'c', 'd', 'e']
  const clients = ids.map((id) => keyedClient(id, { jwks: { keys: [own.jwk] } }))
  // Of a hundred records four are marks, and a client may have one of them.
  const { token, post, clock } = await keyedServer(t, own, { clients, store: new MemoryStore(100) })
  const first = await Promise.all(ids.slice(0, 4).map((id) => assertion(id, own, clock.now)))
  for (const jwt of first) assert.equal((await token(jwt)).status, 200)
  for (const id of ['a', 'e']) {
    const { status, body, headers } = await token(await assertion(id, own, clock.now))
    assert.deepEqual([status, body.error], [503, 'temporarily_unavailable'], id)
    assert.ok(Number(headers['retry-after']) > 0)
  }
  for (const jwt of first) refused(await token(jwt), /used before/)
  const others = await post({ grant_type: 'client_credentials' }, '/oauth/tokenize', basic('other', SECRET))
  assert.equal(others.status, 200)
  clock.now += 90
  assert.equal((await token(await assertion('e', own, clock.now))).status, 200)
})

test('RFC 6749 §2.3: two methods at once are refused, and so is half of one', async (t) => {
  const { post, sign } = await keyedServer(t, own)
  const form = { grant_type: 'client_credentials' }
  const invalid = ({ status, body }: Reply, problem: RegExp) => {
    assert.deepEqual([status, body.error], [400, 'invalid_request'])
    assert.match(body.error_description, problem)
  }
  const url = '/oauth/tokenize'
  const jwt = byAssertion(await sign())
  invalid(await post({ ...form, ...jwt }, url, basic('other', SECRET)), /not both/)
  invalid(await post({ ...form, ...jwt }, url, basic('backend', '')), /not both/)
  invalid(await post({ ...form, ...jwt }, url, 'Bearer x'), /not both/)
  invalid(await post({ ...form, ...jwt, client_id: 'other', client_secret: SECRET }), /not both/)
  invalid(await post({ ...form, client_assertion: jwt.client_assertion }), /client_assertion_type is missing/)
  invalid(await post({ ...form, client_assertion_type: ASSERTION_TYPE }), /client_assertion is missing/)
  const twice = new URLSearchParams({ ...form, ...jwt })
  twice.append('client_assertion', jwt.client_assertion)
  invalid(await post(String(twice)), /client_assertion is sent more than once/)
  const saml = 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer'
  refused(await post({ ...form, ...jwt, client_assertion_type: saml }), /client_assertion_type is urn:/)
  // Nothing of that has used it up.
  assert.equal((await post({ ...form, ...jwt })).status, 200)
})

test('a client that has registered keys can use no secret, and one that has a secret no assertion', async (t) => {
  const clients = [
    { client_id: 'public', redirect_uris: ['https://app.example/cb'] },
    keyedClient('web', { jwks: { keys: [own.jwk] }, introspect_any: true }),
  ]
  const { post, clock } = await keyedServer(t, own, { clients })
  const form = { grant_type: 'client_credentials' }
  const url = '/oauth/tokenize'
  for (const secret of [SECRET, 'x', JSON.stringify(own.jwk), String(own.jwk.x)]) {
    refused(await post(form, url, basic('backend', secret)), /registered for private_key_jwt/)
    refused(await post({ ...form, client_id: 'backend', client_secret: secret }), /for private_key_jwt/)
  }
  // Nor can it pass for a client without a secret.
  refused(await post({ ...form, client_id: 'backend' }), /must authenticate with a client assertion/)
  refused(await post(form, url, basic('backend', '')), /must authenticate with a client assertion/)
  refused(await post({ token: 'x', client_id: 'web' }, '/oauth/introspect'), /with a client assertion/)
  for (const [id, method] of [
    ['other', /client_secret_basic, client_secret_post/],
    ['public', /registered for none/],
  ] as const)
    refused(await post({ ...form, ...byAssertion(await assertion(id, own, clock.now)) }), method)
})

test('a mark whose write may have been lost is not held against its own request', async (t) => {
  const store = new FaultyMemoryStore()
  const { asked, token, sign } = await keyedServer(t, own, { store })
  for (const fault of ['after', 'before'] as const) {
    const faults = [fault]
    store.fault = ({ kind }) => (kind === 'client_assertion' ? (faults.pop() ?? 'none') : 'none')
    const jwt = await sign()
    assert.equal((await token(jwt)).status, 200, fault)
    refused(await token(jwt), /used before/)
  }
  store.vague = false
  store.fault = () => 'before'
  assert.equal((await asked()).status, 503)
})
