import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import bcrypt from 'bcrypt'
import { loadConfig } from '../../src/config/config.ts'
import type { ClientEntry } from '../../src/config/schema.ts'
import { createLogger } from '../../src/http/logger.ts'
import { createGeneration, type Generation } from '../../src/server.ts'
import { MemoryStore } from '../../src/store/memory.ts'
import type { Counter } from '../../src/store/store.ts'
import { StoreUnavailable } from '../../src/store/store.ts'
import { countingStore } from '../support/counting-store.ts'
import { onEachStore } from '../support/each-store.ts'
import { buildServer, KEY, type TestServerOptions } from '../support/server.ts'
import { basic } from '../support/token-client.ts'

const FREE = 20
const WEAK = 'correct horse batt'
const STRONG = 'f3b1c0f6f6a64a3c9d4c5b9f7d1e2a30c1'
const OFFICE = '198.51.100.7'
const ELSEWHERE = '203.0.113.9'

const own = (client_id: string, more: Partial<ClientEntry>): ClientEntry => ({
  client_id,
  grant_types: ['client_credentials'],
  ...more,
})

async function scene(t: TestContext, options: TestServerOptions = {}) {
  const clients = [
    own('weak', { client_secret: WEAK }),
    own('strong', { client_secret: STRONG }),
    own('hashed', { client_secret_hash: await bcrypt.hash(WEAK, 4) }),
    own('strange%61', { client_secret: WEAK }),
    ...(options.clients ?? []),
  ]
  const server = await buildServer(t, { ...options, clients })
  const { app } = server
  const post = (
    headers: Record<string, string>,
    form: Record<string, string>,
    from: string,
    url = '/oauth/tokenize',
  ) =>
    app.inject({
      method: 'POST',
      url,
      remoteAddress: from,
      headers: { host: 'localhost:8000', 'content-type': 'application/x-www-form-urlencoded', ...headers },
      payload: new URLSearchParams(form).toString(),
    })
  const asked = async (client_id: string, secret: string, from = OFFICE) => {
    const authorization = basic(client_id, secret)
    return (await post({ authorization }, { grant_type: 'client_credentials' }, from)).statusCode
  }
  /** So many different wrong secrets, one after the other; what they were answered. */
  const guesses = async (count: number, client_id = 'weak', from = OFFICE) => {
    const answers: Record<number, number> = {}
    for (let at = 0; at < count; at++) {
      const status = await asked(client_id, `guess ${made++}`, from)
      answers[status] = (answers[status] ?? 0) + 1
    }
    return answers
  }
  return { ...server, post, asked, guesses }
}

let made = 0

test('twenty wrong secrets from one address are free, then it waits, twice as long each time, a quarter of an hour at most', async (t) => {
  const { guesses, post, clock, log } = await scene(t)
  assert.deepEqual(await guesses(FREE), { 401: FREE })
  const waits: number[] = []
  for (let at = 0; at < 10; at++) {
    const authorization = basic('weak', `guess ${made++}`)
    const reply = await post({ authorization }, { grant_type: 'client_credentials' }, OFFICE)
    assert.equal(reply.statusCode, 429)
    assert.equal(reply.json().error, 'temporarily_unavailable')
    waits.push(Number(reply.headers['retry-after']))
    clock.now += waits.at(-1) as number
    if (at < 9) assert.deepEqual(await guesses(1), { 401: 1 })
  }
  assert.deepEqual(waits, [2, 4, 8, 16, 32, 64, 128, 256, 512, 900])
  const told = log.filter(
    ({ reason }) => reason === 'too many wrong secrets of this client from this address',
  )
  assert.equal(told.length, waits.length)
  assert.equal(told[0]?.client_id, 'weak')
  // A quarter of an hour without a failure ends the counter.
  assert.deepEqual(await guesses(FREE + 1), { 401: FREE, 429: 1 })
})

for (const client_id of ['weak', 'strong', 'hashed'] as const) {
  const right = client_id === 'strong' ? STRONG : WEAK
  test(`a flood from one address does not keep out the client ${client_id} at another`, async (t) => {
    const { guesses, asked } = await scene(t)
    const flood = await guesses(200, client_id)
    assert.deepEqual(flood, { 401: FREE, 429: 200 - FREE })
    assert.equal(await asked(client_id, right, ELSEWHERE), 200)
    await guesses(200, client_id)
    assert.equal(await asked(client_id, right, ELSEWHERE), 200)
  })

  test(`nor the client ${client_id} at that very address, if it was there before`, async (t) => {
    const { guesses, asked, clock } = await scene(t)
    assert.equal(await asked(client_id, right), 200)
    for (let hour = 0; hour < 24; hour++) {
      assert.deepEqual(await guesses(30, client_id), { 401: FREE, 429: 10 })
      assert.equal(await asked(client_id, right), 200)
      clock.now += 3600
    }
  })
}

test('a secret that cannot be guessed is never made to wait, whatever came from its address before', async (t) => {
  const { guesses, asked } = await scene(t)
  await guesses(200, 'strong')
  assert.equal(await asked('strong', STRONG), 200)
  // One that can be guessed is not looked at there, as if it was wrong; nobody else has to wait with it.
  await guesses(200, 'weak')
  assert.equal(await asked('weak', WEAK), 429)
  assert.equal(await asked('hashed', WEAK), 200)
})

test('an instance that was left with an old secret gets 401 each time, and locks out nobody beside it', async (t) => {
  const { asked, store } = await scene(t)
  for (let at = 0; at < 200; at++) {
    assert.equal(await asked('weak', 'the secret of last year'), 401)
    assert.equal(await asked('hashed', 'the secret of last year'), 401)
  }
  assert.equal(await asked('weak', WEAK), 200)
  assert.equal(await asked('hashed', WEAK), 200)
  assert.equal((store as MemoryStore).size('counter'), 2)
})

test('no spelling of a secret or a client is a way round: every method, endpoint and reading counts', async (t) => {
  const { post, asked, guesses } = await scene(t)
  const form = { grant_type: 'client_credentials', token: 'x' }
  const urls = ['/oauth/tokenize', '/oauth/introspect', '/oauth/revoke']
  let at = 0
  const next = () => `guess%2${at++ % 10} ${made++}`
  // Each has two readings, which are two guesses.
  for (let round = 0; round < 6; round++) {
    const url = urls[round % 3] as string
    const authorization = `Basic ${Buffer.from(`weak:${next()}`).toString('base64')}`
    assert.equal((await post({ authorization }, form, OFFICE, url)).statusCode, 401)
    const body = { ...form, client_id: 'weak', client_secret: `guess ${made++}` }
    assert.equal((await post({}, body, OFFICE, url)).statusCode, 401)
  }
  assert.deepEqual(await guesses(3), { 401: 2, 429: 1 })
  for (const url of urls) {
    const authorization = basic('weak', WEAK)
    assert.equal((await post({ authorization }, form, OFFICE, url)).statusCode, 429, url)
    const body = { ...form, client_id: 'weak', client_secret: WEAK }
    assert.equal((await post({}, body, OFFICE, url)).statusCode, 429, url)
  }
  // One of the readings names no client, the other one a client that is counted all the same.
  const strange = () => `Basic ${Buffer.from(`strange%61:guess ${made++}`).toString('base64')}`
  for (let round = 0; round < FREE; round++)
    assert.equal((await post({ authorization: strange() }, form, OFFICE)).statusCode, 401)
  assert.equal((await post({ authorization: strange() }, form, OFFICE)).statusCode, 429)
  // A secret with these characters is right in its second reading, and counts for nothing.
  assert.equal(await asked('strong', STRONG), 200)
})

test('an IPv6 network is one address, however it is written', async (t) => {
  const { guesses, asked } = await scene(t)
  for (let at = 0; at < FREE; at++)
    assert.deepEqual(await guesses(1, 'weak', `2001:db8:0:1::${at.toString(16)}`), { 401: 1 })
  assert.equal(await asked('weak', WEAK, '2001:DB8::1:0:0:0:ffff'), 429)
  assert.equal(await asked('weak', WEAK, '2001:db8:0:2::1'), 200)
})

test('fifty wrong secrets at once get no more looks than a row of them', async (t) => {
  const { asked } = await scene(t)
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, at) => asked('weak', `guess at once ${at}`)),
  )
  assert.equal(answers.filter((status) => status === 401).length, FREE)
  assert.equal(answers.filter((status) => status === 429).length, 50 - FREE)
})

test('fifty right secrets at once cost one hash; so does a wrong one, however often it comes', async (t) => {
  const cost = 10
  const clients = [own('dear', { client_secret_hash: await bcrypt.hash(WEAK, cost) })]
  const { asked } = await scene(t, { clients })
  const same = await Promise.all(Array.from({ length: 50 }, () => asked('dear', 'the secret of last year')))
  assert.deepEqual(new Set(same), new Set([401]))
  const right = await Promise.all(Array.from({ length: 50 }, () => asked('dear', WEAK, ELSEWHERE)))
  assert.deepEqual(new Set(right), new Set([200]))
})

test('what names no client, a public one or one with another method is not counted', async (t) => {
  const clients = [
    own('post', { client_secret: WEAK, token_endpoint_auth_method: 'client_secret_post' }),
    { client_id: 'public', redirect_uris: ['https://app.example/cb'] },
  ]
  const { guesses, store } = await scene(t, { clients })
  for (const client_id of ['nobody', 'public', 'post'])
    assert.deepEqual(await guesses(50, client_id), { 401: 50 }, client_id)
  assert.equal((store as MemoryStore).size('counter'), 0)
})

test('a right secret waits for no store; without one a wrong secret is still 401, and counted', async (t) => {
  class Down extends MemoryStore {
    override async increment(): Promise<Counter | undefined> {
      throw new StoreUnavailable('down')
    }
  }
  const { store, calls } = countingStore(new Down())
  const { guesses, asked } = await scene(t, { store })
  assert.equal(await asked('weak', WEAK, ELSEWHERE), 200)
  assert.equal(await asked('strong', STRONG), 200)
  assert.equal(calls(), 0)
  assert.deepEqual(await guesses(FREE + 2), { 401: FREE, 429: 2 })
  assert.equal(calls(), FREE)
  assert.equal(await asked('weak', WEAK, ELSEWHERE), 200)
  assert.equal(await asked('strong', STRONG), 200)
  assert.equal(calls(), 0)
})

onEachStore('wrong secrets of a client', (open) => {
  test('are counted for all nodes together: the next one knows after one guess', async (t) => {
    const store = await open()
    t.after(() => store.close())
    const [here, there] = [await scene(t, { store }), await scene(t, { store })]
    assert.deepEqual(await here.guesses(FREE), { 401: FREE })
    assert.deepEqual(await there.guesses(3), { 401: 1, 429: 2 })
    assert.equal(await there.asked('weak', WEAK), 429)
    assert.equal(await there.asked('weak', WEAK, ELSEWHERE), 200)
  })

  test('at once, over two nodes, get as many looks as each node has free', async (t) => {
    const store = await open()
    t.after(() => store.close())
    const nodes = [await scene(t, { store }), await scene(t, { store })]
    const answers = await Promise.all(
      nodes.flatMap(({ asked }, node) =>
        Array.from({ length: 50 }, (_, at) => asked('weak', `guess ${node} ${at}`)),
      ),
    )
    const looked = answers.filter((status) => status === 401).length
    assert.ok(looked >= FREE && looked <= 2 * FREE, String(looked))
    for (const { asked } of nodes) assert.equal(await asked('weak', WEAK), 429)
  })
})

test('another configuration on the same store forgets neither who is known nor who has to wait', async () => {
  const config = loadConfig({ SECRET_KEYS: KEY })
  config.entries.clients.push(own('weak', { client_secret: WEAK }))
  const store = new MemoryStore()
  const parts = { store, log: createLogger('silent', { write() {} }), now: () => 1_000_000 }
  const first = await createGeneration(config, parts)
  const asked = async ({ app }: Generation, secret: string, remoteAddress = OFFICE) => {
    const reply = await app.inject({
      ...{ method: 'POST', url: '/oauth/tokenize', remoteAddress, payload: 'grant_type=client_credentials' },
      headers: {
        ...{ host: 'localhost:8000', authorization: basic('weak', secret) },
        'content-type': 'application/x-www-form-urlencoded',
      },
    })
    return reply.statusCode
  }
  assert.equal(await asked(first, WEAK), 200)
  for (let at = 0; at < FREE; at++)
    for (const address of [OFFICE, ELSEWHERE]) assert.equal(await asked(first, `guess ${at}`, address), 401)
  const second = await createGeneration(config, { ...parts, before: first.kept })
  assert.deepEqual([await asked(second, WEAK), await asked(second, WEAK, ELSEWHERE)], [200, 429])
  for (const generation of [first, second]) {
    generation.retire()
    generation.end()
    await generation.app.close()
  }
})
