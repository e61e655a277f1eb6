import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { test } from 'node:test'
import { Grants } from '../../src/grants/grants.ts'
import { RedisServer } from '../support/redis.ts'
import { answering, openRedis } from '../support/redis-store.ts'
import { buildServer } from '../support/server.ts'
import { exchange, introspect, REDIRECT } from '../support/token-client.ts'
import { tokenIssuer } from '../support/tokens-rooms.ts'

const ANSWERED = 10_000
const CALLERS = 64
const CODES = ANSWERED + 4 * CALLERS

/** Calls `work` for every item, so many at a time. */
async function each<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = items[Symbol.iterator]()
  const caller = async () => {
    for (const item of queue) await work(item)
  }
  await Promise.all(Array.from({ length: CALLERS }, caller))
}

// One person's grants are bounded.
const PEOPLE = Array.from({ length: 20 }, (_, at) => ({ username: `person${at}`, password: 'password' }))

test('SIGKILL under load with appendfsync always: no answered token is lost, no used code works again', async (t) => {
  const redis = await RedisServer.start('--appendonly', 'yes', '--appendfsync', 'always')
  t.after(() => redis.remove())
  const store = await openRedis(redis.url)
  const { app } = await buildServer(t, {
    store,
    storeClock: true,
    users: PEOPLE,
    env: { AUTHORIZATION_CODE_TTL: '600', LOG_LEVEL: 'silent' },
  })
  // What an approval leaves, without ten thousand logins.
  const grants = new Grants(store)
  const now = store.clock()
  const credential = hash('sha256', 'demo password', 'base64url').slice(0, 16)
  const codes: string[] = []
  await each(
    Array.from({ length: CODES }, (_, at) => at),
    async (at) => {
      const code_expires_at = now + 600
      const approval = {
        client_id: 'test_client',
        sub: PEOPLE[at % PEOPLE.length]?.username as string,
        sid: 's',
        lasting: 'login' as const,
        scope: 'email',
        auth_time: now,
        credential,
      }
      const { id } = await grants.create({ ...approval, code_expires_at, grant_max_ttl: 0 }, now)
      const request = { redirect_uri: REDIRECT, redirect_uri_sent: true, challenge_digest: undefined }
      codes.push(tokenIssuer.code(id, request, code_expires_at))
    },
  )

  const answered: { code: string; tokens: { access_token: string; refresh_token: string } }[] = []
  let refused = 0
  await each(codes, async (code) => {
    const { status, body } = await exchange(app, code)
    if (status === 200) answered.push({ code, tokens: body })
    else {
      assert.equal(body.error, 'temporarily_unavailable')
      refused++
    }
    if (answered.length === ANSWERED) redis.signal('SIGKILL')
  })
  assert.ok(answered.length >= ANSWERED)
  assert.ok(refused > 0, 'the kill came under load')

  const killed = performance.now()
  await redis.stop('SIGKILL')
  await redis.start()
  await answering(store)
  t.diagnostic(`answers again ${Math.round(performance.now() - killed)} ms after the kill`)

  let lost = 0
  await each(answered, async ({ tokens }) => {
    const access = await introspect(app, tokens.access_token)
    const refresh = await introspect(app, tokens.refresh_token)
    if (!access.body.active || !refresh.body.active) lost++
  })
  assert.equal(lost, 0, `${lost} of ${answered.length} tokens are lost`)
  let usedAgain = 0
  await each(answered, async ({ code }) => {
    if ((await exchange(app, code)).status !== 400) usedAgain++
  })
  assert.equal(usedAgain, 0)
  t.diagnostic(
    `${answered.length} tokens answered before the kill, 0 lost; ${refused} requests were told to try again`,
  )
})
