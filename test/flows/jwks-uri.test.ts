import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { before, type TestContext, test } from 'node:test'
import type { JWK } from 'jose'
import { keyedServer, keyPair, type Pair, refused } from '../support/assertions.ts'
import { clientServer } from '../support/listen.ts'
import type { Reply } from '../support/token-client.ts'

let own: Pair
let next: Pair
before(async () => {
  own = await keyPair('ES256', 'own')
  next = await keyPair('ES256', 'next')
})

type Respond = (response: ServerResponse) => void

const publish =
  (...keys: JWK[]): Respond =>
  (response) =>
    response.setHeader('content-type', 'application/jwk-set+json').end(JSON.stringify({ keys }))

/** A client whose keys are on a server of its own, in a network where that may be asked. */
async function hostedServer(t: TestContext, first: Respond, env: Record<string, string> = {}) {
  let respond = first
  const { origin, seen } = await clientServer(t, (_request, response) => respond(response))
  const jwks_uri = `${origin}/jwks.json`
  const server = await keyedServer(t, own, {
    env: { ALLOW_PRIVATE_ADDRESSES: 'true', ...env },
    more: { jwks_uri },
  })
  const becomes = (later: Respond) => {
    respond = later
  }
  return { ...server, seen, becomes, origin }
}

function unavailable({ status, body, headers }: Reply, what = '') {
  assert.deepEqual([status, body.error], [503, 'temporarily_unavailable'], what)
  assert.equal(
    body.error_description,
    "the keys at the client's jwks_uri cannot be read now; please try again in a moment",
  )
  assert.equal(headers['retry-after'], '30')
}

test('keys are read where the client has them; fifty requests at once make one of ours', async (t) => {
  const { asked, seen } = await hostedServer(t, publish(own.jwk))
  const replies = await Promise.all(Array.from({ length: 50 }, () => asked()))
  for (const { status } of replies) assert.equal(status, 200)
  assert.deepEqual(
    seen.map(({ url }) => url),
    ['/jwks.json'],
  )
})

test('a rotation: the next key is found at its first use, the former one ends when it is taken out', async (t) => {
  const { asked, seen, becomes, clock } = await hostedServer(t, publish(own.jwk))
  assert.equal((await asked()).status, 200)
  becomes(publish(own.jwk, next.jwk))
  clock.now += 30
  assert.equal((await asked({}, next)).status, 200)
  assert.equal((await asked()).status, 200)
  assert.equal(seen.length, 2)
  becomes(publish(next.jwk))
  clock.now += 600
  refused(await asked(), /^no key of this client fits/)
  assert.equal((await asked({}, next)).status, 200)
})

test('a rotation without a kid, and under the same kid, is found too', async (t) => {
  const { kid: _kid, ...unnamed } = own.jwk
  const { asked, becomes, clock } = await hostedServer(t, publish(unnamed))
  assert.equal((await asked({ header: { kid: undefined } })).status, 200)
  const { kid: _next, ...another } = next.jwk
  becomes(publish(another))
  clock.now += 30
  assert.equal((await asked({ header: { kid: undefined } }, next)).status, 200)
  becomes(publish({ ...own.jwk, kid: 'same' }))
  clock.now += 30
  assert.equal((await asked({ header: { kid: 'same' } })).status, 200)
  becomes(publish({ ...next.jwk, kid: 'same' }))
  clock.now += 30
  assert.equal((await asked({ header: { kid: 'same' } }, next)).status, 200)
})

test('a flood of unknown kids and wrong signatures asks twice a minute at most, and locks nobody out', async (t) => {
  const { asked, seen, clock } = await hostedServer(t, publish(own.jwk))
  await asked()
  for (let second = 0; second < 60; second++) {
    clock.now += 1
    const flood = [
      asked({ header: { kid: `unknown ${second}` } }, next),
      asked({ header: { kid: 'own' } }, next),
    ]
    const [one, other] = (await Promise.all(flood)) as [Reply, Reply]
    refused(one, /no key of this client fits/)
    refused(other, /does not verify/)
    assert.equal((await asked()).status, 200)
  }
  assert.equal(seen.length, 3)
})

test('an outage keeps the keys for a day; then the client waits, and nobody else', async (t) => {
  const { asked, becomes, clock, log, post } = await hostedServer(t, publish(own.jwk))
  await asked()
  becomes((response) => response.destroy())
  clock.now += 86_399
  assert.equal((await asked()).status, 200)
  clock.now += 1
  unavailable(await asked())
  assert.ok(log.some(({ msg, detail }) => msg === 'the keys of a client cannot be read' && detail))
  const basic = `Basic ${btoa('other:a secret of 32 characters, or so')}`
  assert.equal((await post({ grant_type: 'client_credentials' }, '/oauth/tokenize', basic)).status, 200)
  becomes(publish(own.jwk))
  clock.now += 30
  assert.equal((await asked()).status, 200)
})

test('whatever a hostile host answers, the client is not authenticated, and the answer does not say why', async (t) => {
  const hostile: [string, Respond][] = [
    ['302', (response) => response.writeHead(302, { location: '/there' }).end()],
    ['500', (response) => response.writeHead(500).end()],
    ['204', (response) => response.writeHead(204).end()],
    ['html', (response) => response.setHeader('content-type', 'text/html').end('{"keys":[]}')],
    ['no type', (response) => response.end(JSON.stringify({ keys: [own.jwk] }))],
    ['no JSON', (response) => response.setHeader('content-type', 'application/json').end('{')],
    ['nothing', (response) => response.destroy()],
    ['half', (response) => response.writeHead(200, { 'content-length': 1000 }).end('{"keys"')],
    ['huge', (response) => publish(own.jwk, { kty: 'oct', k: 'x'.repeat(70_000) })(response)],
    ['endless', (response) => endless(response)],
    ['private', publish({ ...own.jwk, d: 'x' })],
    ['symmetric', publish({ kty: 'oct', k: 'AAAA', kid: 'own', alg: 'HS256' })],
    ['too many', publish(...new Array(21).fill(own.jwk))],
  ]
  for (const [what, respond] of hostile) {
    const { asked, seen, log } = await hostedServer(t, respond)
    unavailable(await asked(), what)
    assert.equal(seen.length, 1, what)
    assert.ok(!log.some(({ msg }) => msg === 'unexpected error'), what)
  }
})

function endless(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json' })
  const more = () => {
    while (response.write('[[[[[[[[[[[[[[[['.repeat(1000)));
  }
  response.on('drain', more)
  more()
}

test('who never answers is waited for once in half a minute, by all who ask together', async (t) => {
  const { asked, seen, becomes, clock } = await hostedServer(t, () => {})
  for (const reply of await Promise.all(Array.from({ length: 10 }, () => asked()))) unavailable(reply)
  for (let at = 0; at < 10; at++) unavailable(await asked())
  assert.equal(seen.length, 1)
  becomes(publish(own.jwk))
  clock.now += 30
  assert.equal((await asked()).status, 200)
})

test('an address of our own network is not asked for keys', async (t) => {
  const { origin, seen } = await clientServer(t, (_request, response) => publish(own.jwk)(response))
  const { port } = new URL(origin)
  for (const host of [
    '127.0.0.1',
    'localhost',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '2130706433',
    '169.254.169.254',
  ]) {
    const { asked } = await keyedServer(t, own, { more: { jwks_uri: `https://${host}:${port}/jwks.json` } })
    unavailable(await asked(), host)
  }
  assert.equal(seen.length, 0)
})
