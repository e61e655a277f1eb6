import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { test } from 'node:test'
import type { FastifyInstance } from 'fastify'
import type { Response } from 'light-my-request'
import type { Entries } from '../../src/config/schema.ts'
import { matches } from '../../src/passwords/password-hash.ts'
import { MemoryStore } from '../../src/store/memory.ts'
import type { Store } from '../../src/store/store.ts'
import { Activity } from '../../src/users/activity.ts'
import { readPerson } from '../../src/users/person-changes.ts'
import { Agent, answerOf, WALK } from '../support/browser-agent.ts'
import { onEachStore } from '../support/each-store.ts'
import { operatorOf } from '../support/run-time.ts'
import { buildServer } from '../support/server.ts'
import { exchange, introspect, refresh } from '../support/token-client.ts'
import { until } from '../support/until.ts'

const PASSWORD = 'correct horse battery staple'
const NEXT = 'another horse and its battery'

/** The page's form that posts there, with its hidden fields. */
function formOf(page: Response, action: string): Record<string, string> {
  const at = page.body.indexOf(`action="${action}"`)
  assert.notEqual(at, -1, `${action} is on the page: ${page.body}`)
  const form = page.body.slice(at, page.body.indexOf('</form>', at))
  const hidden = form.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)
  return Object.fromEntries([...hidden].map(([, name, value]) => [name as string, value as string]))
}

async function post(agent: Agent, page: Response, action: string, fields: Record<string, string> = {}) {
  return agent.follow(await agent.post(action, { ...formOf(page, action), ...fields }))
}

async function loggedIn(
  app: FastifyInstance,
  username = 'admin',
  password = 'admin',
  userAgent = '',
): Promise<Agent> {
  const agent = new Agent(app)
  if (userAgent !== '') agent.headers = { ...agent.headers, 'user-agent': userAgent }
  await agent.login(await agent.get('/login'), username, password)
  return agent
}

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'
const isIn = async (agent: Agent) => (await agent.get('/account')).statusCode === 200

test('who is not logged in is sent to the login, and comes back', async (t) => {
  const { app } = await buildServer(t)
  const agent = new Agent(app)
  assert.equal((await agent.get('/account')).headers.location, '/login')
  assert.equal((await agent.get('/account/data')).headers.location, '/login?account=data')
  assert.equal((await agent.login(await agent.get('/login'))).statusCode, 200)
  assert.equal((await agent.get('/')).headers.location, '/account')
})

onEachStore('where a person is logged in', (open) => {
  test('each browser is listed by what it says it is; one ends, and then all others, with their grants', async (t) => {
    const { app } = await buildServer(t, { store: await open() })
    const here = await loggedIn(app, 'admin', 'admin', FIREFOX)
    const [one, two, three] = [await loggedIn(app), await loggedIn(app), await loggedIn(app)]
    const { body } = await exchange(app, (await two.authorize()).get('code') ?? '')
    const page = await here.get('/account')
    assert.match(page.body, /Firefox on Linux<\/strong> <span class="tag">This browser/)
    assert.equal(page.body.match(/name="sid"/g)?.length, 3)
    assert.match(page.body, /From 127\.0\.0\.1/)
    await post(here, page, '/account/logins/end')
    const ended = [one, two, three].map(isIn)
    assert.equal((await Promise.all(ended)).filter((is) => is).length, 2)
    const after = await post(here, await here.get('/account'), '/account/logins/end-others')
    assert.doesNotMatch(after.body, /name="sid"/)
    for (const agent of [one, two, three]) assert.equal(await isIn(agent), false)
    assert.ok(await isIn(here))
    assert.equal((await introspect(app, body.access_token)).body.active, false)
    assert.equal((await refresh(app, body.refresh_token)).body.error, 'invalid_grant')
  })

  test('nobody ends what is not theirs, and no form of another page or person is taken', async (t) => {
    const other = { username: 'eve', password: 'eve', sub: 'eve' }
    const { app } = await buildServer(t, { store: await open(), users: [other] })
    const [victim, second] = [await loggedIn(app), await loggedIn(app)]
    const eve = await loggedIn(app, 'eve', 'eve')
    const page = await victim.get('/account')
    const { sid = '' } = formOf(page, '/account/logins/end')
    await loggedIn(app, 'eve', 'eve')
    const own = formOf(await eve.get('/account'), '/account/logins/end')
    // Her own token, with another's login; the victim's token; and none.
    for (const form of [{ ...own, sid }, formOf(page, '/account/logins/end'), { sid }])
      assert.equal((await eve.post('/account/logins/end', form as Record<string, string>)).statusCode, 403)
    for (const agent of [victim, second]) assert.ok(await isIn(agent))
    // A form of one thing is not a form of another.
    const others = formOf(page, '/account/logins/end')
    assert.equal((await victim.post('/account/logins/end-others', others)).statusCode, 403)
    assert.ok(await isIn(second))
    for (const path of ['logins/end', 'logins/end-others', 'apps/remove', 'agents/remove']) {
      const sent = { ...formOf(page, '/account/logins/end') }
      victim.headers = { ...victim.headers, 'sec-fetch-site': 'cross-site' }
      assert.equal((await victim.post(`/account/${path}`, sent)).statusCode, 403, path)
      victim.headers = { host: 'localhost:8000' }
    }
  })
})

async function storedServer(t: Parameters<typeof buildServer>[0], open: () => Promise<Store>) {
  const store = await open()
  const server = await buildServer(t, { store, env: { STORE: 'redis' } })
  const operator = operatorOf(server, store)
  const sub = await operator.add('ada', PASSWORD, { email: 'ada@example.com' })
  return { ...server, store, operator, sub }
}

onEachStore('what people of the store change', (open) => {
  test('a new password: every other login ends, this one goes on, the old word opens nothing', async (t) => {
    const { app, log } = await storedServer(t, open)
    const [here, there] = [await loggedIn(app, 'ada', PASSWORD), await loggedIn(app, 'ada', PASSWORD)]
    const before = here.cookies.get('postern_session_8000')
    const page = await here.get('/account/password')
    for (const [fields, problem] of [
      [{ password: 'short', again: 'short' }, /fewer than 15 characters/],
      [{ password: NEXT, again: `${NEXT}.` }, /not the same/],
    ] as const) {
      const wrong = await here.post('/account/password', { ...formOf(page, '/account/password'), ...fields })
      assert.equal(wrong.statusCode, 422)
      assert.match(wrong.body, problem)
    }
    const done = await post(here, page, '/account/password', { password: NEXT, again: NEXT })
    assert.match(done.body, /Where you are logged in/)
    assert.ok(before !== undefined && here.cookies.get('postern_session_8000') !== before, 'another handle')
    assert.equal(await isIn(there), false)
    assert.equal(
      (await new Agent(app).login(await new Agent(app).get('/login'), 'ada', PASSWORD)).statusCode,
      403,
    )
    const stale = new Agent(app)
    assert.equal((await stale.login(await stale.get('/login'), 'ada', PASSWORD)).statusCode, 422)
    assert.ok(await isIn(await loggedIn(app, 'ada', NEXT)))
    const event = log.find(({ event }) => event === 'password_set')
    assert.equal(event?.reason, 'by the person')
    assert.ok(!JSON.stringify(log).includes(NEXT))
  })

  test('ten minutes after the login the password takes a proof; somebody else at the browser has none', async (t) => {
    const { app, clock } = await storedServer(t, open)
    const agent = await loggedIn(app, 'ada', PASSWORD)
    const page = await agent.get('/account/password')
    clock.now += 601
    const late = await agent.post('/account/password', {
      ...formOf(page, '/account/password'),
      ...{ password: NEXT, again: NEXT },
    })
    assert.equal(late.headers.location, '/login?account=password')
    for (const path of ['password', 'data'])
      assert.equal((await agent.get(`/account/${path}`)).headers.location, `/login?account=${path}`)
    const proof = await agent.get('/login?account=password')
    assert.match(proof.body, /confirm that it is you/)
    const wrong = await agent.login(proof, 'ada', 'something wrong')
    assert.equal(wrong.statusCode, 422)
    const back = await agent.login(proof, 'ada', PASSWORD)
    assert.match(back.body, /Change the password/)
    assert.equal(
      (await post(agent, back, '/account/password', { password: NEXT, again: NEXT })).statusCode,
      200,
    )
  })

  test('of fifty changes at once the last one counts, and nobody is left without a password', async (t) => {
    const { app, store, sub } = await storedServer(t, open)
    const agent = await loggedIn(app, 'ada', PASSWORD)
    const form = formOf(await agent.get('/account/password'), '/account/password')
    const words = Array.from({ length: 50 }, (_, at) => `a long and good password ${at}`)
    const answers = await Promise.all(
      words.map((word) => agent.post('/account/password', { ...form, password: word, again: word })),
    )
    assert.ok(answers.some(({ headers }) => headers.location === '/account'))
    const { password_hash = '' } = (await readPerson(store, sub)) ?? {}
    const good = await Promise.all(words.map((word) => matches(word, password_hash)))
    const [last] = words.filter((_, at) => good[at])
    assert.equal(good.filter((is) => is).length, 1)
    assert.ok(await isIn(await loggedIn(app, 'ada', last)))
  })

  test('names, picture, zone and language change; what a person is found and judged by does not', async (t) => {
    const { app, store, sub } = await storedServer(t, open)
    const agent = await loggedIn(app, 'ada', PASSWORD)
    const page = await agent.get('/account/profile')
    for (const fields of [
      { picture: 'javascript:alert(1)' },
      { picture: 'http://a.example/' },
      { zoneinfo: 'Mars/Olympus' },
      { locale: 'not a language' },
      { name: 'x'.repeat(101) },
      { name: 'a\u0000b' },
    ]) {
      const wrong = await agent.post('/account/profile', {
        ...formOf(page, '/account/profile'),
        ...(fields as object),
      })
      assert.equal(wrong.statusCode, 422, JSON.stringify(fields))
      assert.match(wrong.body, /aria-invalid="true"/)
    }
    const sent = {
      name: 'Ada <b>Lovelace</b>',
      ...{ zoneinfo: 'Asia/Tokyo', locale: 'ja', picture: 'https://a.example/ada.png' },
      // Nobody's to say.
      ...{
        username: 'admin',
        email: 'admin@example.com',
        email_verified: 'true',
        groups: 'staff',
        sub: 'admin',
      },
      ...{ roles: 'root', preferred_username: 'admin', claims: '{}', disabled: 'false', given_name: '' },
    }
    const after = await post(agent, page, '/account/profile', sent)
    assert.match(after.body, /Ada &lt;b&gt;Lovelace&lt;\/b&gt;/)
    assert.match(after.body, /GMT\+9|JST/)
    const record = await readPerson(store, sub)
    const { updated_at, ...entry } = record?.entry ?? {}
    assert.equal(typeof updated_at, 'number')
    assert.deepEqual(entry, {
      ...{ username: 'ada', email: 'ada@example.com', email_verified: true },
      ...{ name: sent.name, picture: sent.picture, zoneinfo: 'Asia/Tokyo', locale: 'ja' },
    })
  })
})

test('people of the file read who keeps what is said of them; there is no form, and no way to post one', async (t) => {
  const { app } = await buildServer(t, { env: { STORE: 'redis' } })
  const agent = await loggedIn(app)
  const page = await agent.get('/account')
  assert.match(page.body, /Whoever runs this server keeps these, and your password/)
  assert.doesNotMatch(page.body, /account\/(password|profile)/)
  for (const path of ['password', 'profile']) {
    assert.equal((await agent.get(`/account/${path}`)).headers.location, '/account')
    assert.equal(
      (await agent.post(`/account/${path}`, { password: NEXT, again: NEXT })).headers.location,
      '/account',
    )
  }
})

test('agents stand apart, and one button ends them all; the others stay', async (t) => {
  const { app } = await buildServer(t)
  const agent = await loggedIn(app)
  const register = async (name: string) => {
    const answer = await app.inject({
      method: 'POST',
      url: '/oauth/register',
      headers: { host: 'localhost:8000', 'content-type': 'application/json' },
      payload: {
        client_name: name,
        ...{ redirect_uris: ['https://agent.example/cb'], token_endpoint_auth_method: 'none' },
      },
    })
    return answer.json().client_id as string
  }
  await agent.authorize()
  for (const name of ['Agent One', 'Agent Two']) {
    const query = new URLSearchParams({
      ...{ client_id: await register(name), redirect_uri: 'https://agent.example/cb', response_type: 'code' },
      ...{ code_challenge: hash('sha256', 'x', 'base64url'), code_challenge_method: 'S256' },
    })
    const page = await agent.get(`/oauth/authorize?${query}`)
    assert.ok(answerOf(await agent.submit(page, { decision: 'approve' })).has('code'))
  }
  const page = await agent.get('/account')
  assert.ok(page.body.indexOf('Agent One') > page.body.indexOf('Apps that introduced themselves'))
  assert.ok(page.body.indexOf('Test Client') < page.body.indexOf('Apps that introduced themselves'))
  const after = await post(agent, page, '/account/agents/remove')
  assert.doesNotMatch(after.body, /<bdi>Agent (One|Two)|introduced themselves/)
  assert.match(after.body, /Test Client/)
})

test('the download has what is kept, and nothing that proves anybody', async (t) => {
  const { app } = await buildServer(t)
  const agent = await loggedIn(app)
  const { body } = await exchange(app, (await agent.authorize(WALK)).get('code') ?? '')
  const answer = await agent.get('/account/data')
  assert.match(String(answer.headers['content-disposition']), /attachment/)
  const data = answer.json()
  assert.equal(data.person.username, 'admin')
  assert.equal(data.grants[0].client_id, 'test_client')
  assert.equal(data.consents[0].client_name, 'Test Client')
  assert.equal(data.logins.length, 1)
  for (const secret of [
    body.access_token,
    body.refresh_token,
    agent.cookies.get('postern_session_8000') ?? 'none',
  ])
    assert.ok(!answer.body.includes(secret))
  for (const name of ['credential', 'password', 'revision', 'nonce'])
    assert.ok(!answer.body.includes(name), name)
})

onEachStore('what happened to an account', (open) => {
  test("its person reads it: logins, wrong passwords in one line, decisions; ninety days of it, and nobody else's", async (t) => {
    const other = { username: 'eve', password: 'eve', sub: 'eve' }
    const { app, clock } = await buildServer(t, { store: await open(), users: [other] })
    const agent = await loggedIn(app)
    await agent.authorize()
    const guesser = new Agent(app)
    guesser.address = '192.0.2.7'
    for (let time = 0; time < 3; time++)
      await guesser.login(await guesser.get('/login'), 'admin', `wrong ${time}`)
    await until(
      async () => /\(3 times\)/.test((await agent.get('/account')).body),
      'three guesses in one line',
    )
    const { body } = await agent.get('/account')
    assert.match(body, /You gave access to Test Client/)
    assert.match(body, /wrong password \(3 times\)<p[^>]*>[^<]*<br>From 192\.0\.2\.7/)
    assert.doesNotMatch(body, /wrong 1/)
    const eve = await loggedIn(app, 'eve', 'eve')
    assert.doesNotMatch((await eve.get('/account')).body, /Test Client|192\.0\.2\.7/)
    const data = (await agent.get('/account/data')).json()
    assert.ok(data.happened.some(({ event }: { event: string }) => event === 'login'))
    clock.now += 90 * 86_400
    const later = await loggedIn(app)
    await until(
      async () => !/wrong password/.test((await later.get('/account')).body),
      'what is older is not shown',
    )
  })

  test('fifty at once: none is lost but what is too much', async (t) => {
    const store = await open()
    await buildServer(t, { store })
    const activity = new Activity(store)
    const now = 1_800_000_000
    await Promise.all(
      Array.from({ length: 50 }, (_, at) =>
        activity.note('ada', { event: 'login', address: `192.0.2.${at}` }, now),
      ),
    )
    assert.equal((await activity.of({ sub: 'ada', since: undefined }, now)).length, 50)
    for (let at = 0; at < 5; at++)
      await activity.note('ada', { event: 'login', address: `198.51.100.${at}` }, now + 1)
    const kept = await activity.of({ sub: 'ada', since: undefined }, now + 1)
    assert.deepEqual([kept.length, kept[0]?.address], [50, '198.51.100.4'])
  })
})

onEachStore('who deletes themselves', (open) => {
  test('all of it goes, by their own name and a fresh proof alone, and if the configuration lets them', async (t) => {
    const store = await open()
    const env = { STORE: 'redis' }
    const change = (entries: Entries) => {
      entries.account_deletion = 'on'
    }
    const server = await buildServer(t, { store, env, change })
    const { app, clock, log } = server
    const sub = await operatorOf(server, store).add('ada', PASSWORD)
    const [agent, other] = [await loggedIn(app, 'ada', PASSWORD), await loggedIn(app, 'ada', PASSWORD)]
    const { body } = await exchange(app, (await agent.authorize()).get('code') ?? '')
    clock.now += 601
    assert.equal((await agent.get('/account/delete')).headers.location, '/login?account=delete')
    await agent.login(await agent.get('/login?account=delete'), 'ada', PASSWORD)
    const page = await agent.get('/account/delete')
    const form = formOf(page, '/account/delete')
    for (const username of ['', 'admin', 'Ada ']) {
      const wrong = await agent.post('/account/delete', { ...form, username })
      assert.equal(wrong.statusCode, 422)
    }
    assert.equal((await agent.post('/account/delete', { username: 'ada' })).statusCode, 403)
    assert.notEqual(await readPerson(store, sub), undefined)
    const done = await agent.post('/account/delete', { ...form, username: 'ada' })
    assert.equal(done.headers.location, '/')
    assert.equal(await readPerson(store, sub), undefined)
    for (const one of [agent, other]) assert.equal(await isIn(one), false)
    assert.equal((await introspect(app, body.access_token)).body.active, false)
    assert.equal((await refresh(app, body.refresh_token)).body.error, 'invalid_grant')
    const again = new Agent(app)
    assert.equal((await again.login(await again.get('/login'), 'ada', PASSWORD)).statusCode, 422)
    assert.ok(log.some(({ event }) => event === 'person_deleted'))
    assert.deepEqual((await store.list(`consents_of:${sub}`, clock.now)).members, [])
    const off = await buildServer(t, { store, env })
    assert.equal((await new Agent(off.app).get('/account/delete')).statusCode, 404)
  })
})

test('applications with a page of their own are listed for who may use them', async (t) => {
  const app_ = (client_id: string, more = {}) => ({
    ...{ client_id, client_secret: 'a secret of many characters', redirect_uris: ['https://a.example/cb'] },
    ...{ client_name: client_id, client_uri: `https://${client_id}.example/`, ...more },
  })
  const { app } = await buildServer(t, {
    clients: [app_('wiki'), app_('payroll', { allowed_groups: ['staff'] })],
  })
  const { body } = await (await loggedIn(app)).get('/account')
  assert.match(body, /<a href="https:\/\/wiki\.example\/"><bdi>wiki/)
  assert.doesNotMatch(body, /payroll/)
})

test('a password manager finds where a password is changed, and who keeps it if it is not here', async (t) => {
  const at = async (options: Parameters<typeof buildServer>[1], host = 'localhost:8000') => {
    const { app } = await buildServer(t, options)
    const answer = await app.inject({ url: '/.well-known/change-password', headers: { host } })
    return [answer.statusCode, answer.headers.location]
  }
  assert.deepEqual(await at({}), [302, 'http://localhost:8000/account'])
  const stored = { STORE: 'redis' }
  assert.deepEqual(await at({ env: stored }), [302, 'http://localhost:8000/account/password'])
  const env = { ...stored, ISSUER: 'http://localhost:8000/id' }
  assert.deepEqual(await at({ env }), [302, 'http://localhost:8000/id/account/password'])
})

test('staying logged in: off by default, as long as a session at most, kept by a new password, and an operator takes it away', async (t) => {
  const { app, sub: _, config } = await storedServer(t, async () => new MemoryStore())
  const cookieOf = ({ headers }: Response) =>
    [headers['set-cookie'] ?? []].flat().find((cookie) => cookie.startsWith('postern_session')) ?? ''
  const logIn = async (agent: Agent, fields: Record<string, string>) => {
    const page = await agent.get('/login')
    return agent.post('/login', { ...formOf(page, '/login'), username: 'ada', password: PASSWORD, ...fields })
  }
  assert.doesNotMatch(cookieOf(await logIn(new Agent(app), {})), /Max-Age|Expires/)
  const agent = new Agent(app)
  assert.match(
    cookieOf(await logIn(agent, { remember: 'on' })),
    new RegExp(`Max-Age=${config.env.SESSION_TTL};`),
  )
  const wrong = await logIn(new Agent(app), { remember: 'on', password: 'wrong' })
  assert.match(wrong.body, /name="remember" value="on" checked/)
  const form = formOf(await agent.get('/account/password'), '/account/password')
  const changed = await agent.post('/account/password', { ...form, password: NEXT, again: NEXT })
  assert.match(cookieOf(changed), /Max-Age=/)
  const off = await buildServer(t, {
    change: (entries) => {
      entries.remember_logins = 'off'
    },
  })
  const shared = new Agent(off.app)
  const page = await shared.get('/login')
  assert.doesNotMatch(page.body, /name="remember"/)
  const sent = { ...formOf(page, '/login'), username: 'admin', password: 'admin', remember: 'on' }
  assert.doesNotMatch(cookieOf(await shared.post('/login', sent)), /Max-Age|Expires/)
})

onEachStore('a copied cookie', (open) => {
  test('is dead after a log-out, a new password, and "log out" from elsewhere; and before the login it is nobody\'s', async (t) => {
    const { app } = await storedServer(t, open)
    /** Everything that a browser has, taken by somebody else. */
    const copyOf = (agent: Agent) => {
      const thief = new Agent(app)
      for (const [name, value] of agent.cookies) thief.cookies.set(name, value)
      return thief
    }
    const before = new Agent(app)
    await before.get('/login')
    const fixed = copyOf(before)
    await before.login(await before.get('/login'), 'ada', PASSWORD)
    assert.equal(await isIn(fixed), false, 'what a browser had before the login')
    const thief = copyOf(before)
    assert.ok(await isIn(thief), 'it is a good copy until then')
    await before.submit(await before.get('/logout'), {})
    assert.equal(await isIn(thief), false, 'after the log-out')
    const [owner, elsewhere] = [await loggedIn(app, 'ada', PASSWORD), await loggedIn(app, 'ada', PASSWORD)]
    const [first, second] = [copyOf(elsewhere), copyOf(owner)]
    await post(owner, await owner.get('/account'), '/account/logins/end')
    assert.equal(await isIn(first), false, 'after its login was ended elsewhere')
    await post(owner, await owner.get('/account/password'), '/account/password', {
      password: NEXT,
      again: NEXT,
    })
    assert.ok(await isIn(owner))
    assert.equal(await isIn(second), false, 'after a new password')
  })
})
