import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { once } from 'node:events'
import { Agent } from 'node:http'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { Grants } from '../../src/grants/grants.ts'
import { HASH } from '../support/sample-hash.ts'
import { type Served, served, tokenFrom } from '../support/served.ts'
import { folderOfTests, openSqlite } from '../support/sqlite-store.ts'
import { tokenIssuer } from '../support/tokens-rooms.ts'

const ANSWERED = 10_000
const CALLERS = 64
const CODES = ANSWERED + 4 * CALLERS
const SECRET = 'a secret for the tests of files'
const CLIENT = ['app', SECRET] as const
const REDIRECT = 'https://app.example/cb'

// One person's grants are bounded.
const PEOPLE = Array.from({ length: 20 }, (_, at) => `person${at}`)
const CONFIG = `
clients: [{ client_id: app, client_secret: ${SECRET}, redirect_uris: [${REDIRECT}], scope: email,
  grant_types: [authorization_code, refresh_token], authorization_code_ttl: 600 }]
users: [${PEOPLE.map((name) => `{ username: ${name}, sub: ${name}, password_hash: "${HASH}" }`).join(', ')}]
`

const folder = folderOfTests()

function start(t: TestContext, file: string, env: Record<string, string> = {}): Promise<Served> {
  return served(t, CONFIG, { env: { ISSUER: 'http://localhost:8000', SQLITE_FILE: file, ...env } })
}

/** Calls `work` for every item, so many at a time. */
async function each<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = items[Symbol.iterator]()
  const caller = async () => {
    for (const item of queue) await work(item)
  }
  await Promise.all(Array.from({ length: CALLERS }, caller))
}

/** What approvals leave in the file, without as many logins. */
async function codesIn(file: string, count: number): Promise<string[]> {
  const store = await openSqlite(file)
  const grants = new Grants(store)
  const now = store.clock()
  const credential = hash('sha256', HASH, 'base64url').slice(0, 16)
  const codes: string[] = []
  await each(
    Array.from({ length: count }, (_, at) => PEOPLE[at % PEOPLE.length] as string),
    async (sub) => {
      const code_expires_at = now + 600
      const login = { client_id: 'app', sub, sid: 's', lasting: 'login' as const, scope: 'email' }
      const approval = { ...login, auth_time: now, credential, code_expires_at, grant_max_ttl: 0 }
      const { id } = await grants.create(approval, now)
      const request = { redirect_uri: REDIRECT, redirect_uri_sent: true, challenge_digest: undefined }
      codes.push(tokenIssuer.code(id, request, code_expires_at))
    },
  )
  await store.close()
  return codes
}

const redeem = (port: number, agent: Agent, code: string) =>
  tokenFrom(port, agent, CLIENT, { grant_type: 'authorization_code', code, redirect_uri: REDIRECT })

test('SIGKILL under load: no answered token is lost, and no used code works again', async (t) => {
  const file = join(folder, 'kill.db')
  const codes = await codesIn(file, CODES)
  const { port, child } = await start(t, file)
  const agent = new Agent({ keepAlive: true, maxSockets: CALLERS })
  t.after(() => agent.destroy())
  const answered: { code: string; refresh_token: string }[] = []
  let broken = 0
  await each(codes, async (code) => {
    const { status, refresh_token } = await redeem(port, agent, code).catch(() => ({
      status: 0,
      refresh_token: '',
    }))
    if (status === 200) answered.push({ code, refresh_token })
    else broken++
    if (answered.length === ANSWERED) child.kill('SIGKILL')
  })
  assert.ok(answered.length >= ANSWERED)
  assert.ok(broken > 0, 'the kill came under load')

  const again = await start(t, file)
  const other = new Agent({ keepAlive: true, maxSockets: CALLERS })
  t.after(() => other.destroy())
  let lost = 0
  await each(answered, async ({ refresh_token }) => {
    const { status } = await tokenFrom(again.port, other, CLIENT, {
      grant_type: 'refresh_token',
      refresh_token,
    })
    if (status !== 200) lost++
  })
  let usedAgain = 0
  await each(answered, async ({ code }) => {
    if ((await redeem(again.port, other, code)).status !== 400) usedAgain++
  })
  assert.deepEqual([lost, usedAgain], [0, 0])
  t.diagnostic(`${answered.length} tokens answered before the kill, 0 lost; ${broken} connections broke`)
})

test('two processes and the workers of one: of fifty redemptions of one code one is answered', async (t) => {
  const file = join(folder, 'many.db')
  const codes = await codesIn(file, 20)
  const servers = [await start(t, file), await start(t, file, { WORKERS: '2' })]
  const agent = new Agent({ keepAlive: false })
  for (const code of codes) {
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, at) => redeem((servers[at % 2] as Served).port, agent, code)),
    )
    assert.equal(answers.filter(({ status }) => status === 200).length, 1)
    assert.ok(answers.every(({ status, error }) => status === 200 || error === 'invalid_grant'))
  }
  for (const { child } of servers) {
    const exit = once(child, 'exit')
    child.kill('SIGTERM')
    assert.deepEqual(await exit, [0, null])
  }
})
