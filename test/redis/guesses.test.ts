import assert from 'node:assert/strict'
import { after, before, type TestContext, test } from 'node:test'
import bcrypt from 'bcrypt'
import { Agent } from '../support/browser-agent.ts'
import { RedisServer } from '../support/redis.ts'
import { openRedis } from '../support/redis-store.ts'
import { buildServer } from '../support/server.ts'

let redis: RedisServer
before(async () => {
  redis = await RedisServer.start()
})
after(() => redis.remove())

/** Two servers on one Redis, with one clock that the test moves. */
async function two(t: TestContext) {
  redis.cli('FLUSHALL')
  const users = [{ username: 'ada', password_hash: await bcrypt.hash('right', 4) }]
  const server = async () =>
    buildServer(t, {
      store: await openRedis(redis.url),
      users,
      change: (entries) => entries.users.splice(0),
      now: 1_800_000_000,
    })
  const [one, other] = [await server(), await server()]
  const wait = (seconds: number) => {
    one.clock.now += seconds
    other.clock.now += seconds
  }
  return { apps: [one.app, other.app] as const, wait }
}

type Servers = Awaited<ReturnType<typeof two>>['apps']

/** Guesses at once, over both servers; the statuses, in the order of the guesses. */
async function burst(apps: Servers, passwords: readonly string[], username = 'ada') {
  const agents = apps.map((app) => new Agent(app))
  const pages = await Promise.all(agents.map((agent) => agent.get('/login')))
  const guesses = passwords.map((password, at) =>
    (agents[at % 2] as Agent).login(pages[at % 2] as never, username, password),
  )
  return Promise.all(guesses)
}

const fifty = (password: string) => Array.from({ length: 50 }, () => password)
const count = (answers: Awaited<ReturnType<typeof burst>>, status: number) =>
  answers.filter(({ statusCode }) => statusCode === status).length

test('fifty guesses at once over two servers get exactly five verdicts, and after each wait exactly one', async (t) => {
  for (const username of ['ada', 'nobody']) {
    const { apps, wait } = await two(t)
    const first = await burst(apps, fifty('wrong'), username)
    assert.deepEqual([count(first, 422), count(first, 429)], [5, 45])
    for (const seconds of [2, 4]) {
      wait(seconds)
      const next = await burst(apps, fifty('wrong'), username)
      assert.deepEqual([count(next, 422), count(next, 429)], [1, 49])
      // One that is judged while others are still being taken back may be told more, but never less.
      const waits = next.flatMap(({ headers }) => Number(headers['retry-after'] ?? []))
      assert.equal(Math.min(...waits.filter(Number)), 2 * seconds)
    }
  }
})

test('a hundred guesses at once from one address at as many accounts get exactly fifty verdicts', async (t) => {
  const { apps } = await two(t)
  const agents = apps.map((app) => new Agent(app))
  const pages = await Promise.all(agents.map((agent) => agent.get('/login')))
  const guesses = Array.from({ length: 100 }, (_, at) =>
    (agents[at % 2] as Agent).login(pages[at % 2] as never, `somebody${at}`, 'wrong'),
  )
  const answers = await Promise.all(guesses)
  assert.deepEqual([count(answers, 422), count(answers, 429)], [50, 50])
})

test('a right password in the burst is told by a verdict or not at all', async (t) => {
  const { apps, wait } = await two(t)
  await burst(apps, fifty('wrong'))
  const hidden = [...fifty('wrong').slice(1), 'right']
  assert.equal(count(await burst(apps, hidden), 422), 0)
  wait(2)
  const answers = await burst(apps, hidden)
  const [wrong, right, waiting] = [422, 200, 429].map((status) => count(answers, status)) as [
    number,
    number,
    number,
  ]
  assert.ok(wrong <= 1 && wrong + right >= 1, `${wrong} wrong, ${right} right`)
  assert.equal(wrong + right + waiting, 50)
})

test('fifty right logins in a row over two servers, and two at once, are never made to wait', async (t) => {
  const { apps } = await two(t)
  for (let at = 0; at < 25; at++) assert.equal(count(await burst(apps, ['right', 'right']), 200), 2)
  assert.deepEqual(redis.cli('KEYS', 'postern:counter:*'), '')
})
