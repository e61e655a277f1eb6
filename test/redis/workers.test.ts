import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { type TestContext, test } from 'node:test'
import { RedisServer } from '../support/redis.ts'
import { accepting, type Served, served, tokenFrom } from '../support/served.ts'
import { until as soon } from '../support/until.ts'

const SECRET = 'a secret for the tests of workers'
const CONFIG = `clients: [{client_id: svc, client_secret: ${SECRET}, grant_types: [client_credentials]}]\nusers: []\n`

async function serve(t: TestContext, workers: string, dotEnv = ''): Promise<Served> {
  const redis = await RedisServer.start()
  t.after(() => redis.remove())
  const shared = dotEnv === '' && { WORKERS: workers, STORE: 'redis' }
  return served(t, CONFIG, { dotEnv, listeners: Number(workers), env: { REDIS_URL: redis.url, ...shared } })
}

const granted = (port: number, agent: Agent) => tokenFrom(port, agent, ['svc', SECRET])

const token = async (port: number, agent: Agent): Promise<number> => (await granted(port, agent)).status

test('SIGHUP replaces every worker under load without a failed request; SIGTERM ends all with 0', async (t) => {
  const { port, child, lines, until } = await serve(t, '2')
  const agent = new Agent({ keepAlive: true, maxSockets: 8 })
  t.after(() => agent.destroy())
  let running = true
  const counts = new Map<number, number>()
  const load = Array.from({ length: 8 }, async () => {
    while (running) {
      const status = await token(port, agent)
      counts.set(status, (counts.get(status) ?? 0) + 1)
    }
  })
  child.kill('SIGHUP')
  await until((seen) => seen.some(({ msg }) => msg === 'all workers are replaced'))
  running = false
  await Promise.all(load)
  assert.deepEqual([...counts.keys()], [200])
  const workers = new Set(accepting(lines()).map(({ worker }) => worker))
  assert.equal(workers.size, 4, 'two at first, two after')
  t.diagnostic(`${counts.get(200)} requests, none failed`)

  const exit = once(child, 'exit')
  child.kill('SIGTERM')
  assert.deepEqual(await exit, [0, null])
})

test('a worker that dies is replaced; a configuration that broke meanwhile leaves the running ones alone', async (t) => {
  const { port, child, lines, until, configFile } = await serve(t, '2')
  const agent = new Agent({ keepAlive: false })
  writeFileSync(configFile, 'clients: 3')
  child.kill('SIGHUP')
  await until((seen) => seen.some(({ msg }) => /did not start/.test(String(msg))))
  assert.equal(await token(port, agent), 200)

  writeFileSync(configFile, CONFIG)
  const pids = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim().split(' ')
  process.kill(Number(pids[0]), 'SIGKILL')
  await until((seen) => seen.some(({ msg }) => /a worker ended/.test(String(msg))))
  await until((seen) => accepting(seen).length === 3)
  assert.equal(await token(port, agent), 200)
  assert.equal(lines().filter(({ msg }) => msg === 'Postern is listening').length, 1)
})

test('a signal to the whole process group, as systemd and a terminal send it, lets a request in flight finish', async (t) => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const { port, child, until } = await serve(t, '2')
    const exit = once(child, 'exit')
    const body = 'grant_type=client_credentials'
    const headers = {
      authorization: `Basic ${btoa(`svc:${SECRET}`)}`,
      'content-type': 'application/x-www-form-urlencoded',
      'content-length': body.length,
      // Answered when the server has read this far.
      expect: '100-continue',
    }
    const call = request({ port, method: 'POST', path: '/oauth/tokenize', headers })
    call.flushHeaders()
    await once(call, 'continue')
    call.write(body.slice(0, 10))
    // Twice at once, as under npm, which passes on what its child was sent too.
    process.kill(-(child.pid as number), signal)
    process.kill(-(child.pid as number), signal)
    await until((seen) => seen.filter(({ msg }) => msg === 'stopping').length === 2)
    call.end(body.slice(10))
    const [response] = await once(call, 'response')
    response.resume()
    assert.equal(response.statusCode, 200)
    assert.deepEqual(await exit, [0, null])
  }
})

test('once a request has reached the new configuration, no later connection reaches the old one', async (t) => {
  const shared = 'WORKERS=3\nSTORE=redis\n'
  const { port, child, until, envFile } = await serve(t, '3', `${shared}ACCESS_TOKEN_TTL=100\n`)
  const agent = new Agent({ keepAlive: false })
  const answered = new Set<number>()
  const broken: string[] = []
  let running = true
  // Every request on a connection of its own, as a load balancer spreads them.
  const load = Array.from({ length: 6 }, async () => {
    while (running) {
      const before = answered.has(200)
      const { expires_in } = await granted(port, agent)
      answered.add(expires_in)
      if (before && expires_in !== 200) broken.push(`${expires_in} after 200`)
    }
  })
  await soon(() => answered.has(100), 'the first answers')
  writeFileSync(envFile, `${shared}ACCESS_TOKEN_TTL=200\n`)
  child.kill('SIGHUP')
  await until((seen) => seen.some(({ msg }) => msg === 'all workers are replaced'))
  running = false
  await Promise.all(load)
  assert.deepEqual([...answered], [100, 200])
  assert.deepEqual(broken, [])
})

test('SIGHUP reads .env anew, but for the number of workers; what is set in the environment wins', async (t) => {
  const shared = 'WORKERS=2\nSTORE=redis\n'
  const { port, child, until, envFile } = await serve(t, '2', `${shared}ACCESS_TOKEN_TTL=100\n`)
  const agent = new Agent({ keepAlive: false })
  const expiresIn = async () => (await granted(port, agent)).expires_in
  assert.equal(await expiresIn(), 100)
  writeFileSync(envFile, `${shared}ACCESS_TOKEN_TTL=200\nPORT=1\n`)
  child.kill('SIGHUP')
  await until((seen) => seen.some(({ msg }) => msg === 'all workers are replaced'))
  assert.equal(await expiresIn(), 200)
  // Two processes, each with a store of its own, would be two servers on one port.
  writeFileSync(envFile, 'WORKERS=1\nSTORE=memory\n')
  child.kill('SIGHUP')
  await until((seen) => seen.some(({ msg }) => /did not start/.test(String(msg))))
  assert.equal(await expiresIn(), 200)
})
