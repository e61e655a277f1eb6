import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { freePort } from '../support/listen.ts'
import { RedisServer } from '../support/redis.ts'
import { KEY } from '../support/server.ts'

const start = join(import.meta.dirname, '../../src/start.js')
const CONFIG = 'clients: [{client_id: svc, client_secret: s, grant_types: [client_credentials]}]\nusers: []\n'

interface Running {
  port: number
  child: ChildProcess
  /** Log lines so far, parsed. */
  lines: () => Record<string, unknown>[]
  /** Resolves when `found` is true of the lines. */
  until: (found: (lines: Record<string, unknown>[]) => boolean) => Promise<void>
  configFile: string
}

async function serve(t: TestContext, workers: string): Promise<Running> {
  const redis = await RedisServer.start()
  const folder = mkdtempSync(join(tmpdir(), 'postern-workers-'))
  const configFile = join(folder, 'postern.yaml')
  writeFileSync(configFile, CONFIG)
  const port = await freePort()
  const env = { PORT: String(port), WORKERS: workers, STORE: 'redis', REDIS_URL: redis.url, SECRET_KEYS: KEY }
  const child = spawn(process.execPath, [start], {
    cwd: folder,
    env: { PATH: process.env.PATH, CONFIG_FILE: configFile, ...env },
  })
  t.after(async () => {
    child.kill('SIGKILL')
    await redis.remove()
    rmSync(folder, { recursive: true })
  })
  let out = ''
  child.stdout.on('data', (chunk) => {
    out += chunk
  })
  const lines = () =>
    out
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line))
  const until = async (found: (lines: Record<string, unknown>[]) => boolean) => {
    for (let waited = 0; !found(lines()); waited++) {
      assert.ok(waited < 300, out)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
  await until((seen) => accepting(seen).length >= Number(workers))
  return { port, child, lines, until, configFile }
}

const accepting = (lines: Record<string, unknown>[]) =>
  lines.filter(({ msg }) => String(msg).startsWith('accepting'))

/** One token request on a connection that is kept. Gives the status; throws where the connection breaks. */
async function token(port: number, agent: Agent): Promise<number> {
  const body = 'grant_type=client_credentials'
  const headers = {
    authorization: `Basic ${btoa('svc:s')}`,
    'content-type': 'application/x-www-form-urlencoded',
  }
  const call = request({ port, method: 'POST', path: '/oauth/tokenize', agent, headers })
  call.end(body)
  const [response] = await once(call, 'response')
  response.resume()
  await once(response, 'end')
  return response.statusCode
}

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
