import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { Agent } from 'node:http'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { freePort } from '../support/listen.ts'
import { tokenFrom } from '../support/served.ts'
import { folderOfTests } from '../support/sqlite-store.ts'
import { until } from '../support/until.ts'

const start = join(import.meta.dirname, '../../src/start.js')
const CALLERS = 16
const SECRET = 'a secret for the tests of volumes'
const CLIENT = ['app', SECRET] as const
// Of "password", with a cost for tests.
const HASH = '$2b$04$T0QdNM5c.N5UsYGp0AI7ku8i3LScJZQR3H4INukQE8x6/wRFx4nMu'
const CONFIG = `
clients: [{ client_id: app, client_secret: ${SECRET}, scope: email, grant_types: [password, refresh_token] }]
users: [{ username: ada, sub: u-1, password_hash: "${HASH}" }]
`

/** What a shell in namespaces of its own (`unshare`) runs, with its log so far. */
interface Contained {
  child: ChildProcess
  log(): string
  /** Says a word to the shell. */
  say(word: string): void
}

function contained(
  t: TestContext,
  namespaces: string,
  script: string,
  env: Record<string, string>,
): Contained {
  const child = spawn('unshare', ['--kill-child', namespaces, 'sh', '-c', script], {
    detached: true,
    env: { PATH: process.env.PATH, NODE: process.execPath, START: start, ...env },
  })
  let log = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      log += chunk
    })
  // With everything that it has started.
  t.after(() => {
    process.kill(-(child.pid as number), 'SIGKILL')
  })
  return { child, log: () => log, say: (word) => child.stdin.write(`${word}\n`) }
}

function configIn(folder: string): string {
  const file = join(folder, 'postern.yaml')
  writeFileSync(file, CONFIG)
  return file
}

function allowed(): void {
  const { status, stderr } = spawnSync('unshare', ['--kill-child', '-rmpf', 'true'], { encoding: 'utf8' })
  assert.equal(
    status,
    0,
    `the test needs namespaces of its own; in a container --cap-add SYS_ADMIN: ${stderr}`,
  )
}

const password = { grant_type: 'password', username: 'ada', password: 'password' }

test('a volume that fills up in the middle of everything: 503, nothing answered is lost, and it goes on by itself when there is room', async (t) => {
  allowed()
  const volume = join(folderOfTests(), 'data')
  mkdirSync(volume)
  const config = configIn(folderOfTests())
  const port = await freePort()
  const script = `
    mount -t tmpfs -o size=6m tmpfs "$VOLUME" || exit 9
    "$NODE" "$START" & SERVER=$!
    while read WORD; do case $WORD in
      fill) dd if=/dev/zero of="$VOLUME/filling" bs=4096 2>/dev/null; echo filled ;;
      free) rm "$VOLUME/filling"; echo freed ;;
    esac; done; kill $SERVER`
  const server = contained(t, '-rm', script, {
    ...{ VOLUME: volume, SQLITE_FILE: join(volume, 'store.db'), CONFIG_FILE: config, PORT: String(port) },
    ISSUER: 'http://localhost:8000',
  })
  await until(
    () => server.log().includes('Postern is listening'),
    () => server.log(),
  )
  const agent = new Agent({ keepAlive: true, maxSockets: CALLERS })
  t.after(() => agent.destroy())

  const seen = new Map<string, number>()
  let ending = false
  const tokens: string[] = []
  // In a row: of many guesses at once some have to wait.
  while (tokens.length < CALLERS) {
    const { status, refresh_token } = await tokenFrom(port, agent, CLIENT, password)
    assert.equal(status, 200)
    tokens.push(refresh_token)
  }
  const counts = { answered: 0, refused: 0 }
  const refreshing = tokens.map(async (_, at) => {
    while (!ending) {
      const form = { grant_type: 'refresh_token', refresh_token: tokens[at] as string }
      const { status, error, refresh_token } = await tokenFrom(port, agent, CLIENT, form)
      seen.set(`${status} ${error ?? ''}`, (seen.get(`${status} ${error ?? ''}`) ?? 0) + 1)
      if (status === 200) {
        tokens[at] = refresh_token
        counts.answered++
      } else counts.refused++
    }
  })
  await until(() => counts.answered > 200, 'answers before')
  server.say('fill')
  await until(() => server.log().includes('filled'), 'the volume is full')
  await until(
    () => counts.refused > 200,
    () => `answers while it is full: ${[...seen].join()}`,
  )
  const ready = await fetch(`http://localhost:${port}/readyz`)
  assert.equal(ready.status, 503, await ready.text())
  server.say('free')
  const { answered } = counts
  await until(
    () => counts.answered > answered + 200,
    () => `answers after: ${[...seen].join()} ${server.log().slice(-2000)}`,
  )
  ending = true
  await Promise.all(refreshing)
  assert.deepEqual([...seen.keys()].sort(), ['200 ', '503 temporarily_unavailable'])
  assert.equal((await fetch(`http://localhost:${port}/readyz`)).status, 200)
  assert.match(server.log(), /full/, 'the log says what it is')
  t.diagnostic(`${counts.answered} answered, ${counts.refused} refused, none of another kind`)
})

test('two containers on one volume: one set of keys, and of fifty refreshes with one old token none is answered twice', async (t) => {
  allowed()
  const volume = folderOfTests()
  const config = configIn(folderOfTests())
  const ports = [await freePort(), await freePort()]
  const servers = ports.map((port) =>
    // In each of them the server has the same process id.
    contained(t, '-rpf', 'exec "$NODE" "$START"', {
      ...{ SQLITE_FILE: join(volume, 'store.db'), CONFIG_FILE: config, PORT: String(port) },
      ISSUER: 'http://localhost:8000',
    }),
  )
  for (const { log } of servers) await until(() => log().includes('Postern is listening'), log)
  assert.equal(servers.filter(({ log }) => log().includes('keys were made')).length, 1)
  assert.match(readFileSync(join(volume, 'secret-keys'), 'utf8'), /^[0-9a-f]{64}\n$/)
  const agent = new Agent({ keepAlive: false })
  const keys = await Promise.all(
    ports.map(async (port) => (await fetch(`http://localhost:${port}/oauth/jwks`)).json()),
  )
  assert.deepEqual(keys[0], keys[1])
  const { refresh_token } = await tokenFrom(ports[0] as number, agent, CLIENT, password)
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, at) =>
      tokenFrom(ports[at % 2] as number, agent, CLIENT, { grant_type: 'refresh_token', refresh_token }),
    ),
  )
  assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200])
  assert.equal(
    new Set(answers.map((answer) => answer.refresh_token)).size,
    1,
    'within the grace one successor',
  )
})
