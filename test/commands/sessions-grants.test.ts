import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { hashSync } from 'bcrypt'
import { decodeJwt } from 'jose'
import { commandBeside, type Ran } from '../support/command-line.ts'
import { HttpBrowser } from '../support/http-browser.ts'
import { clientServer } from '../support/listen.ts'
import { RedisServer } from '../support/redis.ts'
import { served } from '../support/served.ts'
import { KEY } from '../support/server.ts'

const PASSWORD = 'a password for these tests'
const SECRET = 'a secret of the clients for these tests'
const CALLBACK = 'https://app.example/cb'
const client = (client_id: string, more: string) =>
  `  - { client_id: ${client_id}, client_secret: ${SECRET}, redirect_uris: ["${CALLBACK}"], scope: openid offline_access,
      grant_types: [authorization_code, refresh_token], ${more} }\n`

/** A server, its two applications of which one wants to be told, and the commands beside it. */
async function running(t: TestContext, name: 'sqlite' | 'redis') {
  let status = 200
  const { origin, seen } = await clientServer(t, (_request, response) => response.writeHead(status).end())
  const redis = name === 'redis' ? await RedisServer.start() : undefined
  t.after(() => redis?.remove())
  const config = `clients:
${client('app', `backchannel_logout_uri: "${origin}/bye"`)}${client('away', 'require_pkce: false')}
users: [{ username: Ada, sub: u-1, email: ada@example.com, email_verified: true, password_hash: "${hashSync(PASSWORD, 4)}" },
  { username: bob, sub: u-2, password_hash: "${hashSync(PASSWORD, 4)}" }]
`
  const store: Record<string, string> =
    redis === undefined
      ? { STORE: 'sqlite', SQLITE_FILE: 'store.db' }
      : { STORE: 'redis', REDIS_URL: redis.url }
  const env = { ...store, ALLOW_PRIVATE_ADDRESSES: 'true' }
  const server = await served(t, config, { env })
  const issuer = `http://localhost:${server.port}`
  const own = { ...env, CONFIG_FILE: server.configFile, SECRET_KEYS: KEY, PORT: String(server.port) }
  const postern = commandBeside(own, server.folder)
  const done = async (...words: string[]): Promise<Ran> => {
    const ran = await postern(words)
    assert.equal(ran.status, 0, `${words.join(' ')}: ${ran.err}`)
    return ran
  }
  const answerWith = (code: number) => {
    status = code
  }
  return { issuer, server, seen, done, postern, answerWith }
}

/** Somebody's browser, logged in; `tokens` asks for those of a client in it. */
async function browserOf(issuer: string, username: string) {
  const browser = new HttpBrowser()
  const post = async (form: Record<string, string>, client_id: string) => {
    const headers = { authorization: `Basic ${btoa(`${client_id}:${SECRET}`)}` }
    const response = await fetch(`${issuer}/oauth/tokenize`, {
      method: 'POST',
      headers,
      body: new URLSearchParams(form),
    })
    return (await response.json()) as Record<string, string>
  }
  const url = (client_id: string, scope: string) =>
    `${issuer}/oauth/authorize?${new URLSearchParams({ client_id, scope, redirect_uri: CALLBACK, response_type: 'code' })}`
  return {
    asked: async (client_id: string, scope: string) => (await browser.open(url(client_id, scope))).body,
    async tokens(client_id: string, scope: string) {
      const at = await browser.walk(url(client_id, scope), CALLBACK, { username, password: PASSWORD })
      const code = at.searchParams.get('code') ?? ''
      return post({ grant_type: 'authorization_code', code, redirect_uri: CALLBACK }, client_id)
    },
    refreshed: (client_id: string, { refresh_token = '' }: Record<string, string>) =>
      post({ grant_type: 'refresh_token', refresh_token }, client_id),
    isLoggedIn: async () => /Log out/.test((await browser.open(`${issuer}/`)).body),
  }
}

const eventsOf = ({ err }: Ran) =>
  err
    .trim()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, string>)

for (const name of ['sqlite', 'redis'] as const)
  test(`${name}: sessions and grants, shown and ended as a log-out and a removal do`, async (t) => {
    const { issuer, server, seen, done, postern, answerWith } = await running(t, name)
    const [home, work] = [await browserOf(issuer, 'ada'), await browserOf(issuer, 'ADA@example.com')]
    const [atHome, atWork] = [await home.tokens('app', 'openid'), await work.tokens('app', 'openid')]
    const away = await work.tokens('away', 'openid offline_access')
    await (await browserOf(issuer, 'bob')).tokens('app', 'openid')
    const sidOf = (tokens: Record<string, string>) => String(decodeJwt(tokens.id_token ?? '').sid)

    // By any of their names; all in the spelling of the file.
    for (const who of ['ada', 'Ada', 'ada@example.com', 'u-1']) {
      const rows = (await done('sessions', 'list', who, '--json')).json()
      assert.deepEqual(
        rows.map((row: { username: string; sub: string }) => [row.username, row.sub]),
        [
          ['Ada', 'u-1'],
          ['Ada', 'u-1'],
        ],
      )
    }
    const everybody = await done('sessions', 'list')
    assert.match(everybody.out, /^USER +SESSION +SINCE +LAST USED +UNTIL +LOGGED IN TO$/m)
    assert.equal(everybody.out.trim().split('\n').length, 4)
    assert.equal(everybody.err, '')
    const sessions = (await done('sessions', 'list', 'ada', '--json')).json()
    const sids = sessions.map((row: { sid: string }) => row.sid).sort()
    assert.deepEqual(sids, [sidOf(atHome), sidOf(atWork)].sort())

    const next = await work.refreshed('away', away)
    const grants = (await done('grants', 'list', 'ada', '--client', 'away', '--json')).json()
    assert.equal(grants.length, 1)
    assert.match(grants[0].refreshed, /^\d{4}-.*Z$/)
    assert.deepEqual([grants[0].lasts, grants[0].scope], ['standing', 'openid offline_access'])
    assert.equal((await done('grants', 'list', '--client', 'app', '--json')).json().length, 3)

    // One of two logins: the other browser, and what was given there, go on.
    const one = await done('sessions', 'end', 'ada', sidOf(atHome))
    assert.deepEqual([await home.isLoggedIn(), await work.isLoggedIn()], [false, true])
    assert.equal((await home.refreshed('app', atHome)).error, 'invalid_grant')
    const kept = await work.refreshed('app', atWork)
    assert.ok(kept.access_token)
    assert.equal(seen.length, 1)
    assert.equal(decodeJwt(new URLSearchParams(seen[0]?.body).get('logout_token') ?? '').sid, sidOf(atHome))
    const events = eventsOf(one)
    assert.deepEqual(events.map(({ msg }) => msg).sort(), [
      'command_run',
      'grant_revoked',
      'logout',
      'logout_delivered',
    ])
    assert.equal(
      new Set(events.filter(({ event }) => event).map(({ req }) => req)).size,
      1,
      'found by one search',
    )
    assert.equal((await postern(['sessions', 'end', 'ada', sidOf(atHome)])).status, 3)
    assert.equal((await postern(['sessions', 'end', 'bob', sidOf(atWork)])).status, 3)

    // An application that does not answer well is named: nobody tries again.
    answerWith(503)
    const all = await done('sessions', 'end', 'ada')
    assert.equal(await work.isLoggedIn(), false)
    assert.equal((await work.refreshed('app', kept)).error, 'invalid_grant')
    const undelivered = eventsOf(all).find(({ msg }) => msg === 'logout_undelivered')
    assert.deepEqual(
      [undelivered?.client_id, undelivered?.detail],
      ['app', 'it answered 503; it is not tried again, for this process ends'],
    )
    // What outlives a log-out outlives this one.
    const still = await work.refreshed('away', next)
    assert.ok(still.access_token)

    // With the approval goes what rests on it; without, they are not asked again.
    await work.tokens('away', 'openid')
    await done('grants', 'end', 'ada', '--client', 'away')
    assert.equal((await work.refreshed('away', still)).error, 'invalid_grant')
    assert.doesNotMatch(await work.asked('away', 'openid'), /decision/)
    const ended = await done('grants', 'end', 'u-1', '--all', '--consents', '--json')
    assert.equal(ended.json().consents, 2)
    assert.deepEqual(
      eventsOf(ended)
        .filter(({ event }) => event === 'consent_revoked')
        .map(({ client_id }) => client_id)
        .sort(),
      ['app', 'away'],
    )
    assert.match(await work.asked('away', 'openid'), /decision/)
    assert.equal((await done('grants', 'list', 'bob', '--json')).json().length, 1, 'nobody else is touched')

    // Without the server it is the same.
    const exit = once(server.child, 'exit')
    server.child.kill('SIGTERM')
    await exit
    assert.equal((await done('sessions', 'list', 'bob', '--json')).json().length, 1)
    answerWith(200)
    assert.match((await done('sessions', 'end', 'bob')).out, /1 sessions of bob/)
    assert.deepEqual(
      (await done('sessions', 'list', '--json')).json().map((row: { sub: string }) => row.sub),
      ['u-1'],
    )
    assert.equal((await postern(['sessions', 'list', 'nobody'])).status, 3)
    assert.equal((await postern(['grants', 'end', 'ada'])).status, 2)
    assert.equal((await postern(['grants', 'end', 'ada', '--all', '--client', 'app'])).status, 2)
  })
