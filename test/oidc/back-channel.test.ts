import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { ClientEntry } from '../../src/config/schema.ts'
import { BackChannel } from '../../src/logout/back-channel.ts'
import { OutboundFailure } from '../../src/outbound/outbound.ts'
import { Agent } from '../support/browser-agent.ts'
import { clientServer } from '../support/listen.ts'
import { authorize, ISSUER, oidcServer, RP, tokens, verified } from '../support/oidc.ts'
import { signing, subjects } from '../support/tokens-rooms.ts'
import { until } from '../support/until.ts'

const EVENT = 'http://schemas.openid.net/event/backchannel-logout'
const OPEN = { ALLOW_PRIVATE_ADDRESSES: 'true' }

async function logOut(agent: Agent): Promise<void> {
  await agent.submit(await agent.get('/oauth/logout'), {})
}

async function receiver(t: TestContext, statuses: number[] = []) {
  return clientServer(t, (_request, response) => {
    response.writeHead(statuses.shift() ?? 200, { 'cache-control': 'no-store' }).end()
  })
}

const tokenOf = (body: string) => new URLSearchParams(body).get('logout_token') ?? ''

test('oidcc-backchannel-rp-initiated-logout: a logout token as §2.4 wants it, for the login that ended', async (t) => {
  const { origin, seen } = await receiver(t)
  const rp = { backchannel_logout_uri: `${origin}/backchannel` }
  const { app, clock, log } = await oidcServer(t, { env: OPEN }, rp)
  const agent = new Agent(app)
  const { sid } = await verified(app, (await tokens(app, {}, agent)).id_token)
  await logOut(agent)
  await until(() => log.some((line) => line.msg === 'logout_delivered'), 'logout_delivered')
  assert.equal(seen.length, 1)
  assert.equal(seen[0]?.url, '/backchannel')
  const token = tokenOf(seen[0]?.body ?? '')
  const claims = await verified(app, token, { typ: 'logout+jwt', now: clock.now })
  assert.equal(claims.sub, 'sub-alice')
  assert.equal(claims.sid, sid)
  assert.equal(claims.iat, clock.now)
  assert.ok(Number(claims.exp) > clock.now && Number(claims.exp) <= clock.now + 120)
  assert.deepEqual(claims.events, { [EVENT]: {} })
  assert.match(String(claims.jti), /^[\w-]{12,}$/)
  assert.ok(!('nonce' in claims))
  const line = log.find((one) => one.msg === 'logout_delivered')
  assert.equal(line?.client_id, 'rp')
  assert.ok(!JSON.stringify(log).includes(token))
  // It is no ID token: nobody gets in, or out, with it.
  const again = await verified(app, (await tokens(app, {}, agent)).id_token)
  assert.notEqual(again.sid, sid)
  const hinted = await agent.get(`/oauth/logout?${new URLSearchParams({ id_token_hint: token })}`)
  assert.match(hinted.body, /Log out\?/)
})

test('every client of the login is told, and no other; in its own key and by its own sub', async (t) => {
  const [one, two, three] = [await receiver(t), await receiver(t), await receiver(t)]
  const other = (client_id: string, origin: string, more: Partial<ClientEntry> = {}): ClientEntry => ({
    ...RP,
    client_id,
    backchannel_logout_uri: origin,
    ...more,
  })
  const clients = [
    other('two', two.origin, { id_token_signed_response_alg: 'ES256', subject_type: 'pairwise' }),
    other('three', three.origin),
  ]
  const env = { ...OPEN, PAIRWISE_SALT: 'a salt of enough characters, kept for ever' }
  const { app } = await oidcServer(t, { env, clients }, { backchannel_logout_uri: one.origin })
  const agent = new Agent(app)
  await authorize(agent)
  const { parameters } = await authorize(agent, { client_id: 'two', response_type: 'id_token' })
  await logOut(agent)
  await until(() => one.seen.length === 1 && two.seen.length === 1, 'both')
  const [first, second] = [one, two].map(({ seen }) => tokenOf(seen[0]?.body ?? ''))
  const seenByTwo = await verified(app, second ?? '', { typ: 'logout+jwt', audience: 'two' })
  const before = await verified(app, parameters.get('id_token') ?? '', { audience: 'two' })
  assert.equal(seenByTwo.sub, before.sub)
  assert.notEqual(seenByTwo.sub, (await verified(app, first ?? '', { typ: 'logout+jwt' })).sub)
  assert.equal(seenByTwo.sid, before.sid)
  assert.equal(three.seen.length, 0)
})

test('a client that fails is told again, with a token of its own time', async (t) => {
  const { origin, seen } = await receiver(t, [500, 200])
  const { app, log } = await oidcServer(t, { env: OPEN }, { backchannel_logout_uri: origin })
  const agent = new Agent(app)
  await tokens(app, {}, agent)
  await logOut(agent)
  await until(() => log.some((line) => line.msg === 'logout_delivered'), 'the second try')
  assert.equal(seen.length, 2)
  const claims = await Promise.all(
    seen.map(({ body }) => verified(app, tokenOf(body), { typ: 'logout+jwt' })),
  )
  assert.notEqual(claims[0]?.jti, claims[1]?.jti)
})

test('nobody waits for a client that hangs', async (t) => {
  let given_up = false
  const { origin, seen } = await clientServer(t, (_request, response) => {
    response.on('close', () => {
      given_up = true
    })
  })
  const { app } = await oidcServer(t, { env: OPEN }, { backchannel_logout_uri: origin })
  const agent = new Agent(app)
  await tokens(app, {}, agent)
  await logOut(agent)
  assert.equal(given_up, false, 'the person is answered before the first try has failed')
  await until(() => seen.length === 1, 'the first try')
})

test('a private address is not asked unless the configuration allows it', async (t) => {
  const { origin, seen } = await receiver(t)
  const { port } = new URL(origin)
  const { app, log } = await oidcServer(t, {}, { backchannel_logout_uri: `https://127.0.0.1:${port}/` })
  const agent = new Agent(app)
  await tokens(app, {}, agent)
  t.mock.timers.enable({ apis: ['setTimeout'] })
  await logOut(agent)
  const undelivered = () => log.find((line) => line.msg === 'logout_undelivered')
  await until(() => {
    t.mock.timers.tick(30_000)
    return undelivered() !== undefined
  }, 'logout_undelivered')
  assert.equal(undelivered()?.detail, 'the address is not public')
  assert.equal(seen.length, 0)
})

/** A back channel whose posts end as `answer` says, with time in the test's hands. */
function driven(t: TestContext, answer: (url: string) => Promise<{ status: number; body: string }>) {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const posts: string[] = []
  const reports: [string, string | undefined][] = []
  const outbound = {
    post: (url: string) => {
      posts.push(url)
      return answer(url)
    },
  }
  const channel = new BackChannel({
    signing,
    subjects,
    outbound: outbound as never,
    issuer: ISSUER,
    now: () => 1000,
    report: (client_id, problem) => reports.push([client_id, problem]),
  })
  const notify = (client_id = 'rp') =>
    channel.notify(
      {
        client_id,
        backchannel_logout_uri: `https://${client_id}.example/`,
        id_token_signed_response_alg: 'RS256',
      } as never,
      { sub: 'a', sid: 'b' },
    )
  return { channel, notify, posts, reports }
}

test('four tries, after 1, 5 and 30 seconds; then the log has the problem', async (t) => {
  const { notify, posts, reports } = driven(t, async () => {
    throw new OutboundFailure('the address is not public')
  })
  notify()
  for (const [tries, seconds] of [
    [1, 1],
    [2, 5],
    [3, 30],
  ] as const) {
    await until(() => posts.length === tries, `try ${tries}`)
    await new Promise((resolve) => setImmediate(resolve))
    t.mock.timers.tick(seconds * 1000 - 1)
    await new Promise((resolve) => setImmediate(resolve))
    assert.equal(posts.length, tries, 'not yet')
    t.mock.timers.tick(1)
  }
  await until(() => reports.length === 1, 'the report')
  assert.equal(posts.length, 4)
  assert.deepEqual(reports, [['rp', 'the address is not public']])
})

test('eight on their way at once, two to one client; a thousand waiting, 125 of one client; more is dropped and said', async (t) => {
  const inFlight = new Map<string, number>()
  const total = () => [...inFlight.values()].reduce((sum, count) => sum + count, 0)
  let most = 0
  let mostOfOne = 0
  const release: (() => void)[] = []
  const { notify, posts, reports } = driven(t, async (url) => {
    const count = (inFlight.get(url) ?? 0) + 1
    inFlight.set(url, count)
    most = Math.max(most, total())
    mostOfOne = Math.max(mostOfOne, count)
    await new Promise<void>((resolve) => release.push(resolve))
    inFlight.set(url, (inFlight.get(url) ?? 0) - 1)
    return { status: 200, body: '' }
  })
  for (let count = 0; count < 127; count++) notify('one')
  assert.deepEqual(
    reports.map(([client_id]) => client_id),
    ['one', 'one'],
    'its share is full',
  )
  for (let count = 0; count < 878; count++) notify(`client-${count % 9}`)
  assert.equal(reports.length, 2 + 3)
  for (const [, problem] of reports) assert.match(String(problem), /dropped/)
  await until(() => posts.length === 8, 'eight on their way')
  await until(() => {
    for (const one of release.splice(0)) one()
    return reports.length === 1005
  }, 'every report')
  assert.deepEqual([most, mostOfOne, posts.length], [8, 2, 1000])
  notify('one')
  await until(() => posts.length === 1001, 'room for one more')
})

test('a client that hangs keeps nobody else waiting', async (t) => {
  const { notify, posts, reports } = driven(t, (url) =>
    url.includes('hangs') ? new Promise(() => {}) : Promise.resolve({ status: 200, body: '' }),
  )
  for (let count = 0; count < 200; count++) notify('hangs')
  notify('good')
  const hanging = () => posts.filter((url) => url.includes('hangs')).length
  const good = () => reports.some(([client_id, problem]) => client_id === 'good' && problem === undefined)
  await until(() => good() && hanging() === 2, 'the good one, and two that hang')
  assert.deepEqual(posts.length, 3, 'the others wait')
})

test('a server that stops gives up what waits for another try', async (t) => {
  const { channel, notify, posts } = driven(t, async () => ({ status: 503, body: '' }))
  notify()
  await until(() => posts.length === 1, 'the first try')
  await new Promise((resolve) => setImmediate(resolve))
  channel.close()
  t.mock.timers.tick(60_000)
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(posts.length, 1)
})
