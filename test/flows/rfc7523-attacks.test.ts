import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { before, test } from 'node:test'
import { exportSPKI, importJWK } from 'jose'
import {
  assertion,
  byAssertion,
  keyedClient,
  keyedServer,
  keyPair,
  type Pair,
  refused,
} from '../support/assertions.ts'
import { onEachStore } from '../support/each-store.ts'
import { clientServer } from '../support/listen.ts'
import { ISSUER } from '../support/oidc.ts'

let own: Pair
let foreign: Pair
before(async () => {
  own = await keyPair()
  foreign = await keyPair()
})

test('RFC 8725 §3.1: the algorithm is one of ours; a public key is no secret, and nothing goes unsigned', async (t) => {
  const rsa = await keyPair('RS256', 'rsa')
  const { token, clock } = await keyedServer(t, own, { more: { jwks: { keys: [rsa.jwk, own.jwk] } } })
  const claims = { iss: 'backend', sub: 'backend', aud: ISSUER, exp: clock.now + 60, jti: 'a' }
  const text = (part: unknown) => Buffer.from(JSON.stringify(part)).toString('base64url')
  const pem = await exportSPKI((await importJWK(rsa.jwk, 'RS256')) as CryptoKey)
  const secrets = [pem, pem.trim(), JSON.stringify(rsa.jwk), String(rsa.jwk.n), String(own.jwk.x), '']
  for (const [alg, hmac] of [
    ['HS256', 'sha256'],
    ['HS384', 'sha384'],
    ['HS512', 'sha512'],
  ] as const)
    for (const secret of secrets)
      for (const header of [{ alg, kid: 'rsa' }, { alg }]) {
        const signed = `${text(header)}.${text(claims)}`
        const tag = createHmac(hmac, secret).update(signed).digest('base64url')
        refused(await token(`${signed}.${tag}`), /^alg of the client assertion must be one of ES256/)
      }
  for (const alg of [
    'none',
    'None',
    'NONE',
    '',
    undefined,
    null,
    7,
    ['ES256'],
    'es256',
    'RS1',
    'ES256K',
    'ECDH-ES',
  ])
    for (const signature of ['', 'AAAA'])
      refused(
        await token(`${text({ alg })}.${text(claims)}.${signature}`),
        /^(alg of .* must be one of|the client assertion is not a JWT)/,
        String(alg),
      )
})

test('RFC 7515 §4.1: keys in the header are not looked at, nor fetched; what is critical and unknown is refused', async (t) => {
  const { asked, token, clock } = await keyedServer(t, own, { env: { ALLOW_PRIVATE_ADDRESSES: 'true' } })
  const { origin, seen } = await clientServer(t, (_request, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: [foreign.jwk] }))
  })
  for (const header of [
    { jwk: foreign.jwk, kid: undefined },
    { jwk: foreign.jwk },
    { jwk: foreign.jwk, kid: own.kid },
    { jku: `${origin}/jwks`, kid: own.kid },
    { x5u: `${origin}/chain`, kid: own.kid },
  ])
    refused(await asked({ header }, foreign), /no key of this client|signature/)
  // And of a good assertion they are ignored.
  assert.equal((await asked({ header: { jwk: foreign.jwk, jku: `${origin}/jwks` } })).status, 200)
  assert.equal(seen.length, 0)
  const text = (part: unknown) => Buffer.from(JSON.stringify(part)).toString('base64url')
  const claims = { iss: 'backend', sub: 'backend', aud: ISSUER, exp: clock.now + 60, jti: 'crit' }
  for (const header of [
    { crit: ['exp'], exp: 1 },
    { crit: ['b64'], b64: false },
    { crit: [] },
    { crit: ['x'] },
    { crit: 'x', x: 1 },
  ]) {
    const signed = `${text({ alg: 'ES256', kid: own.kid, ...header })}.${text(claims)}`
    const signature = await crypto.subtle.sign(
      { name: 'ECDSA', hash: 'SHA-256' },
      own.privateKey,
      Buffer.from(signed),
    )
    refused(
      await token(`${signed}.${Buffer.from(signature).toString('base64url')}`),
      /not a JWT that can be verified here/,
      JSON.stringify(header),
    )
  }
})

test('kid: a missing one tries every key that fits, an unknown one fits none', async (t) => {
  const pairs = await Promise.all(Array.from({ length: 5 }, (_, at) => keyPair('ES256', `key ${at}`)))
  const keys = pairs.map(({ jwk }) => jwk)
  const { asked } = await keyedServer(t, own, { more: { jwks: { keys } } })
  for (const pair of pairs) assert.equal((await asked({ header: { kid: undefined } }, pair)).status, 200)
  refused(await asked({ header: { kid: undefined } }, foreign), /signature .* does not verify/)
  refused(await asked({ header: { kid: 'unknown' } }, pairs[0]), /^no key of this client fits/)
  refused(await asked({ header: { kid: 'key 1' } }, pairs[0]), /signature .* does not verify/)
  for (const kid of [7, null, ['key 0'], {}, '__proto__', '../../key 0'])
    assert.equal((await asked({ header: { kid } as never }, pairs[0])).status, 401, String(kid))
  // The claims are checked with whichever key it was.
  const late = { claims: { exp: 1 }, header: { kid: undefined } }
  refused(await asked(late, pairs[3]), /has expired/)
})

test('RFC 8725 §3.11: what the client has signed for something else does not authenticate it', async (t) => {
  const { asked } = await keyedServer(t, own)
  for (const typ of [
    'JWT',
    'jwt',
    'client-authentication+jwt',
    'application/client-authentication+jwt',
    undefined,
  ])
    assert.equal((await asked({ header: { typ } })).status, 200, String(typ))
  for (const typ of [
    'at+jwt',
    'dpop+jwt',
    'oauth-authz-req+jwt',
    'logout+jwt',
    'application/JWT/x',
    '',
    'JWT ',
  ])
    refused(await asked({ header: { typ } }), /^typ of the client assertion is that of another/, typ)
  for (const typ of [7, ['JWT'], {}]) assert.equal((await asked({ header: { typ } as never })).status, 401)
})

test('whatever is sent in place of a JWT is a 401', async (t) => {
  const { token, sign, log } = await keyedServer(t, own)
  const jwt = await sign()
  const [header = '', claims = '', signature = ''] = jwt.split('.')
  const deep = Buffer.from('['.repeat(3000)).toString('base64url')
  for (const text of [
    ...[
      'x',
      '.',
      '..',
      '...',
      'a.b.c',
      `${header}.${claims}`,
      `${header}.${claims}.`,
      `${header}..${signature}`,
    ],
    ...[
      `${header}.${claims}.${signature}.`,
      `${header}.${claims}.${signature}.x.y`,
      `.${claims}.${signature}`,
    ],
    ...[
      `${claims}.${claims}.${signature}`,
      `${header}.${header}.${signature}`,
      `${header}.${deep}.${signature}`,
    ],
    ...[
      `${deep}.${claims}.${signature}`,
      `${header}.${claims}.${signature.slice(1)}`,
      `${header}=.${claims}.${signature}`,
    ],
    ...[`${header}.${claims}.${signature}\n`, `${header}.${claims}.!`, '\u0000', '{"alg":"none"}'],
  ]) {
    const reply = await token(text)
    assert.deepEqual([reply.status, reply.body.error], [401, 'invalid_client'], text)
  }
  for (let at = 0; at < signature.length - 1; at += 9) {
    const flipped = `${signature.slice(0, at)}${signature[at] === 'A' ? 'B' : 'A'}${signature.slice(at + 1)}`
    refused(await token(`${header}.${claims}.${flipped}`), /signature .* does not verify/)
  }
  assert.ok(!log.some(({ msg }) => msg === 'unexpected error'))
  assert.equal((await token(jwt)).status, 200)
})

test('neither log nor answers repeat an assertion', async (t) => {
  const { token, sign, log } = await keyedServer(t, own)
  const jwt = await sign()
  const replies = [await token(jwt), await token(jwt), await token(`${jwt}x`)]
  const written = JSON.stringify([log, replies.map(({ body }) => body)])
  for (const part of jwt.split('.')) assert.ok(!written.includes(part))
  const failed = log.filter(({ event }) => event === 'client_authentication_failed')
  assert.equal(failed[0]?.client_id, 'backend')
  assert.match(String(failed[0]?.reason), /used before/)
})

onEachStore('a client assertion is taken once', (open) => {
  test('of fifty requests at once with the same assertion one gets a token, at whatever endpoint', async (t) => {
    const store = await open()
    t.after(() => store.close())
    const { post, sign } = await keyedServer(t, own, { store })
    for (let round = 0; round < 3; round++) {
      const jwt = byAssertion(await sign())
      const replies = await Promise.all(
        Array.from({ length: 50 }, (_, at) =>
          at % 5 === 0
            ? post({ token: 'x', ...jwt }, at % 2 === 0 ? '/oauth/introspect' : '/oauth/revoke')
            : post({ grant_type: 'client_credentials', ...jwt }),
        ),
      )
      assert.equal(replies.filter(({ status }) => status === 200).length, 1)
      for (const reply of replies) if (reply.status !== 200) refused(reply, /used before/)
    }
  })

  test('of two servers on one store one takes it', async (t) => {
    const store = await open()
    t.after(() => store.close())
    const servers = [await keyedServer(t, own, { store }), await keyedServer(t, own, { store })]
    const jwt = await (servers[0] as (typeof servers)[0]).sign()
    const replies = await Promise.all(
      Array.from({ length: 50 }, (_, at) => (servers[at % 2] as (typeof servers)[0]).token(jwt)),
    )
    assert.equal(replies.filter(({ status }) => status === 200).length, 1)
  })

  test('fifty assertions at once, each with a jti of its own, are all taken; of two clients also with the same', async (t) => {
    const store = await open()
    t.after(() => store.close())
    const clients = [keyedClient('second', { jwks: { keys: [own.jwk] } })]
    const { token, clock } = await keyedServer(t, own, { store, clients })
    const jwts = await Promise.all(
      Array.from({ length: 50 }, (_, at) =>
        assertion(at % 2 === 0 ? 'backend' : 'second', own, clock.now, { claims: { jti: `${at >> 1}` } }),
      ),
    )
    for (const { status } of await Promise.all(jwts.map((jwt) => token(jwt)))) assert.equal(status, 200)
  })
})
