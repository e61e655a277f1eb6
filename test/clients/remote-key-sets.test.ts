import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import type { JWK } from 'jose'
import { KeysUnavailable, RemoteKeySets } from '../../src/clients/remote-key-sets.ts'
import type { OutboundAnswer } from '../../src/outbound/outbound.ts'
import { keyPair } from '../support/assertions.ts'

const URI = 'https://rp.example/jwks.json?token=hidden'
const T = 1_000_000
const [ASK_AFTER, FRESH, DAY, ASK_EVERY] = [300, 600, 86_400, 30]

let one: JWK
let two: JWK
before(async () => {
  one = (await keyPair('ES256', 'one')).jwk
  two = (await keyPair('ES256', 'two')).jwk
})

const json = (body: unknown, more: Partial<OutboundAnswer> = {}): OutboundAnswer => ({
  ...{ status: 200, type: 'application/json', body: JSON.stringify(body) },
  ...more,
})

/** Key sets whose host answers what `answer` says, or is down while it throws. */
function hosted(answer: (uri: string) => OutboundAnswer | Promise<OutboundAnswer>) {
  const asked: string[] = []
  const told: string[] = []
  const get = async (uri: string) => {
    asked.push(uri)
    return answer(uri)
  }
  const sets = new RemoteKeySets({ get }, (uri, problem) => told.push(`${uri} ${problem}`))
  const kids = async (now: number, uri = URI) => (await sets.read(uri, now)).keys.map(({ kid }) => kid)
  return { sets, asked, told, kids }
}

test('keys are asked for once, kept for ten minutes, and asked for beside the requests after five', async () => {
  let keys = [one]
  const { asked, kids } = hosted(() => json({ keys }))
  assert.deepEqual(await kids(T), ['one'])
  keys = [two]
  assert.deepEqual(await kids(T + ASK_AFTER - 1), ['one'])
  assert.equal(asked.length, 1)
  // Nobody waits for the answer yet.
  assert.deepEqual(await kids(T + ASK_AFTER), ['one'])
  assert.equal(asked.length, 2)
  assert.deepEqual(await kids(T + ASK_AFTER + 1), ['two'])
  keys = [one]
  // What nobody used for longer is read before it is used.
  assert.deepEqual(await kids(T + ASK_AFTER + FRESH), ['one'])
  assert.equal(asked.length, 3)
})

test('fifty at once make one request, also for what none of the keys fits', async () => {
  let keys = [one]
  const { sets, asked, kids } = hosted(() => json({ keys }))
  const all = await Promise.all(Array.from({ length: 50 }, () => kids(T)))
  assert.deepEqual(new Set(all.flat()), new Set(['one']))
  assert.equal(asked.length, 1)
  keys = [one, two]
  const known = await sets.read(URI, T + ASK_EVERY)
  const newer = await Promise.all(Array.from({ length: 50 }, () => sets.newer(URI, known, T + ASK_EVERY)))
  for (const set of newer) assert.equal(set?.keys.length, 2)
  assert.equal(asked.length, 2)
})

test('an unknown kid asks again twice a minute at most, whatever the answer is', async () => {
  let down = false
  const { sets, asked } = hosted(() => {
    if (down) throw new Error('down')
    return json({ keys: [one] })
  })
  let known = await sets.read(URI, T)
  for (let at = 1; at < ASK_EVERY; at++) assert.equal(await sets.newer(URI, known, T + at), undefined)
  assert.equal(asked.length, 1)
  known = (await sets.newer(URI, known, T + ASK_EVERY)) ?? assert.fail('it is asked again')
  assert.equal(asked.length, 2)
  down = true
  for (let at = 0; at < 10 * ASK_EVERY; at++)
    assert.equal(await sets.newer(URI, known, T + 2 * ASK_EVERY + at), undefined)
  assert.equal(asked.length, 12)
})

test('an outage keeps the keys that are known for a day, and no longer', async () => {
  let down = false
  const { asked, told, kids } = hosted(() => {
    if (down) throw new Error('connect ECONNREFUSED')
    return json({ keys: [one] })
  })
  await kids(T)
  down = true
  for (const at of [FRESH, DAY / 2, DAY - 1]) assert.deepEqual(await kids(T + at), ['one'])
  await assert.rejects(kids(T + DAY), (error: KeysUnavailable) => {
    assert.ok(error instanceof KeysUnavailable)
    assert.equal(error.retry_after, ASK_EVERY)
    // The developer is not told what the host said; the log is, without what may be secret in the query.
    assert.doesNotMatch(error.description, /ECONN|rp\.example/)
    assert.equal(error.message, 'https://rp.example/jwks.json: connect ECONNREFUSED')
    return true
  })
  assert.equal(asked.length, 4)
  assert.deepEqual(new Set(told), new Set(['https://rp.example/jwks.json connect ECONNREFUSED']))
  down = false
  assert.deepEqual(await kids(T + DAY + ASK_EVERY), ['one'])
})

test('while a host is down it is asked twice a minute at most, and nobody else waits for that', async () => {
  const { asked, kids } = hosted(() => {
    throw new Error('no answer in time')
  })
  for (let at = 0; at < 60; at++) await assert.rejects(kids(T + at), KeysUnavailable)
  assert.equal(asked.length, 2)
})

test('what is no key set of good keys is as if the host was down', async () => {
  const answers: [OutboundAnswer, RegExp][] = [
    [json({ keys: [one] }, { status: 302 }), /it answered 302/],
    [json({ keys: [one] }, { status: 404 }), /it answered 404/],
    [json({ keys: [one] }, { type: 'text/html' }), /media type/],
    [json({ keys: [one] }, { type: '' }), /media type/],
    [json({ keys: [one] }, { type: 'application/jsonx' }), /media type/],
    [json([one]), /not a JSON Web Key Set/],
    [json(null), /not a JSON Web Key Set/],
    [json({ keys: { one } }), /not a JSON Web Key Set/],
    [json({}, { body: '{"keys": [' }), /not a JSON Web Key Set/],
    [json({ keys: [] }), /no key that verifies/],
    [json({ keys: [null, 7, { kty: 'oct', k: 'x' }, { ...one, d: 'x' }, { ...one, use: 'enc' }] }), /no key/],
    [json({ keys: new Array(21).fill(one) }), /more than 20 keys/],
  ]
  for (const [answer, problem] of answers) {
    const { kids, told } = hosted(() => answer)
    await assert.rejects(kids(T), KeysUnavailable)
    assert.match(told.join(), problem)
  }
  for (const type of ['application/json', 'application/jwk-set+json'])
    assert.deepEqual(await hosted(() => json({ keys: [one, { kty: 'oct' }] }, { type })).kids(T), ['one'])
})

test('a host that changes its mind to nonsense does not take away the keys that are known', async () => {
  let answer = json({ keys: [one] })
  const { kids } = hosted(() => answer)
  await kids(T)
  answer = json({ keys: [] })
  assert.deepEqual(await kids(T + FRESH), ['one'])
})

test('of many addresses a thousand are kept, and thirty-two are asked at once', async () => {
  const waiting: (() => void)[] = []
  let slow = false
  const { asked, kids } = hosted(async () => {
    if (slow) await new Promise<void>((resolve) => waiting.push(resolve))
    return json({ keys: [one] })
  })
  const address = (at: number) => `https://host${at}.example/jwks`
  for (let at = 0; at < 1001; at++) await kids(T, address(at))
  await kids(T, address(1000))
  assert.equal(asked.length, 1001)
  // The first one had to give way, the second one gives way to it.
  await kids(T, address(0))
  await kids(T, address(2))
  assert.equal(asked.length, 1002)
  slow = true
  const pending = Array.from({ length: 40 }, (_, at) => kids(T, `https://slow${at}.example/jwks`))
  const settled = Promise.allSettled(pending)
  await assert.rejects(pending[39] as Promise<unknown>, /too many addresses/)
  assert.equal(asked.length, 1002 + 32)
  for (const go of waiting) go()
  assert.equal((await settled).filter(({ status }) => status === 'fulfilled').length, 32)
  slow = false
  assert.deepEqual(await kids(T, 'https://slow39.example/jwks'), ['one'])
})
