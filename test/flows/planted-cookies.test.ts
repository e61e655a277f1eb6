import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { describe, test } from 'node:test'
import type { Session } from '../../src/sessions/session.ts'
import { Agent, answerOf, WALK } from '../support/browser-agent.ts'
import { buildServer, type TestServerOptions } from '../support/server.ts'

const SILENT = `${WALK}&prompt=none`
const BOB = { username: 'bob', password: 'builder', sub: 'bob' }

const nameOf = (agent: Agent, what: string) =>
  [...agent.cookies.keys()].find((name) => name.includes(`postern_${what}`)) as string
const cookieOf = (agent: Agent, what: string) => agent.cookies.get(nameOf(agent, what)) as string

/** Two people's browsers, both logged in and with a remembered consent. */
async function two(t: TestContext, options: TestServerOptions = {}) {
  const server = await buildServer(t, { users: [BOB], ...options })
  const [admin, bob] = [new Agent(server.app), new Agent(server.app)]
  await admin.authorize()
  await bob.submit(await bob.login(await bob.get(WALK), 'bob', 'builder'), { decision: 'approve' })
  const ask = async (cookie: string) =>
    answerOf(await server.app.inject({ url: SILENT, headers: { host: 'localhost:8000', cookie } }))
  /** Who gets a code with this `Cookie` header. */
  const who = async (cookie: string) => {
    const before = server.log.length
    const answer = await ask(cookie)
    return answer.get('error') ?? server.log.slice(before).find(({ event }) => event === 'code_issued')?.sub
  }
  return { ...server, admin, bob, who }
}

describe('a cookie that somebody planted', () => {
  test("somebody else's session in front of one's own: one's own counts", async (t) => {
    const { admin, bob, who } = await two(t)
    const name = nameOf(admin, 'session')
    const own = `${nameOf(admin, 'browser')}=${cookieOf(admin, 'browser')}; ${name}=${cookieOf(admin, 'session')}`
    assert.equal(await who(own), 'admin')
    const planted = `${name}=${cookieOf(bob, 'session')}`
    assert.equal(await who(`${planted}; ${own}`), 'admin')
    assert.equal(await who(`${own}; ${planted}`), 'admin')
  })

  test('alone, it is nobody', async (t) => {
    const { admin, bob, who } = await two(t)
    const name = nameOf(admin, 'session')
    const browser = `${nameOf(admin, 'browser')}=${cookieOf(admin, 'browser')}`
    assert.equal(await who(`${name}=${cookieOf(bob, 'session')}; ${browser}`), 'login_required')
    assert.equal(await who(`${name}=${cookieOf(bob, 'session')}`), 'login_required')
    assert.equal(await who(browser), 'login_required')
  })

  test('a strange browser id beside the own one does not lock its owner out', async (t) => {
    const { admin, bob, who } = await two(t)
    const name = nameOf(admin, 'browser')
    const session = `${nameOf(admin, 'session')}=${cookieOf(admin, 'session')}`
    const [own, strange] = [`${name}=${cookieOf(admin, 'browser')}`, `${name}=${cookieOf(bob, 'browser')}`]
    for (const ids of [`${strange}; ${own}`, `${own}; ${strange}`, `${name}=; ${name}=bw_x; ${own}`])
      assert.equal(await who(`${ids}; ${session}`), 'admin')
  })

  test('hundreds of them cost a handful of look-ups', async (t) => {
    const { store, admin, bob, who } = await two(t)
    let reads = 0
    const read = store.read.bind(store)
    store.read = (...parameters) => {
      reads++
      return read(...parameters) as never
    }
    const planted = `${nameOf(admin, 'session')}=${cookieOf(bob, 'session')}; `
    assert.equal(await who(planted.repeat(120)), 'login_required')
    assert.ok(reads <= 8, `${reads} reads`)
  })

  test('a form of the page with a strange id beside the own one is still ours; with the strange one alone it is not', async (t) => {
    const { admin, bob, log } = await two(t)
    const name = nameOf(admin, 'browser')
    const page = await admin.get('/logout')
    const own = cookieOf(admin, 'browser')
    admin.cookies.set(name, cookieOf(bob, 'browser'))
    await admin.submit(page, {})
    assert.equal(
      log.some(({ event }) => event === 'logout'),
      false,
    )
    admin.cookies.set(name, `${cookieOf(bob, 'browser')}; ${name}=${own}`)
    await admin.submit(page, {})
    assert.equal(log.find(({ event }) => event === 'logout')?.sub, 'admin')
  })

  test('a login renews the id for a year, so that no session outlives it', async (t) => {
    const { app } = await buildServer(t)
    const agent = new Agent(app)
    const page = await agent.get('/login')
    const before = cookieOf(agent, 'browser')
    const response = await agent.post('/login', {
      username: 'admin',
      password: 'admin',
      csrf: /name="csrf" value="([^"]*)"/.exec(page.body)?.[1] ?? '',
    })
    const renewed = response.cookies.find(({ name }) => name.includes('browser'))
    assert.deepEqual([renewed?.value, renewed?.maxAge], [before, 365 * 86_400])
  })

  test('a session from before it was bound goes on', async (t) => {
    const { admin, bob, store, clock, who } = await two(t)
    const [id] = (await store.list('sessions_of:bob', clock.now)).members as [string]
    const { browser: _, revision, ...old } = (await store.read<Session>('session', id, clock.now)) as Session
    await store.replace('session', id, revision, { ...old, revision: 'old' } as Session, clock.now)
    const name = nameOf(bob, 'session')
    const unbound = `${name}=${cookieOf(bob, 'session')}`
    assert.equal(await who(unbound), 'bob')
    // But never before one that fits.
    const own = `${nameOf(admin, 'browser')}=${cookieOf(admin, 'browser')}; ${name}=${cookieOf(admin, 'session')}`
    assert.equal(await who(`${unbound}; ${own}`), 'admin')
  })
})

describe('names and paths', () => {
  for (const [issuer, session, browser] of [
    [
      'https://id.example',
      /^__Host-postern_session=\S+; Path=\/;/,
      /^__Host-postern_browser=\S+; Max-Age=31536000; Path=\/;/,
    ],
    [
      'https://id.example/auth',
      /^__Secure-postern_session=\S+; Path=\/auth;/,
      /^__Host-postern_browser!auth=\S+; Max-Age=31536000; Path=\/;/,
    ],
    [
      'http://localhost:8123/a/b',
      /^postern_session_8123=\S+; Path=\/a\/b;/,
      /^postern_browser_8123!a!b=\S+; Max-Age=31536000; Path=\/;/,
    ],
  ] as const) {
    test(issuer, async (t) => {
      const { hostname, pathname, origin } = new URL(issuer)
      const { app } = await buildServer(t, { env: { ISSUER: issuer, DEMO_HOSTS: hostname } })
      const base = pathname === '/' ? '' : pathname
      const headers = { host: new URL(issuer).host, origin }
      const page = await app.inject({ url: `${base}/login`, headers })
      const cookie = page.cookies.map(({ name, value }) => `${name}=${value}`).join('; ')
      const csrf = /name="csrf" value="([^"]*)"/.exec(page.body)?.[1] ?? ''
      const response = await app.inject({
        method: 'POST',
        url: `${base}/login`,
        headers: { ...headers, cookie, 'content-type': 'application/x-www-form-urlencoded' },
        payload: new URLSearchParams({ username: 'admin', password: 'admin', csrf }).toString(),
      })
      const set = [response.headers['set-cookie']].flat().map(String)
      for (const pattern of [session, browser])
        assert.ok(
          set.some((one) => pattern.test(one)),
          set.join('\n'),
        )
      for (const one of set) assert.equal(one.includes('; Secure'), issuer.startsWith('https:'), one)
    })
  }
})
