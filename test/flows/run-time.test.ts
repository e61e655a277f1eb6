import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { after, before, describe, type TestContext, test } from 'node:test'
import { changeClient, deleteClient, makeSecret, stopClient } from '../../src/clients/client-changes.ts'
import type { UserEntry } from '../../src/config/schema.ts'
import { endOfAll } from '../../src/registry/registry.ts'
import type { Store } from '../../src/store/store.ts'
import { changePerson, deletePerson, endedNow, readPerson } from '../../src/users/person-changes.ts'
import { makePersonLink } from '../../src/users/person-link.ts'
import { Agent } from '../support/browser-agent.ts'
import { countingStore } from '../support/counting-store.ts'
import { CALLBACK, request, userinfo } from '../support/oidc.ts'
import { RedisServer } from '../support/redis.ts'
import { openRedis } from '../support/redis-store.ts'
import { operatorOf } from '../support/run-time.ts'
import { buildServer, type TestServerOptions } from '../support/server.ts'
import { folderOfTests, openSqlite } from '../support/sqlite-store.ts'
import { basic, direct } from '../support/token-client.ts'
import { until } from '../support/until.ts'

const PASSWORD = 'correct horse battery'
const APP = {
  client_name: 'Stored App',
  redirect_uris: [CALLBACK],
  grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
  scope: 'openid profile email offline_access read',
}
const ASK = { client_id: 'app', scope: 'openid profile email' }

for (const name of ['sqlite', 'redis'] as const) {
  describe(`people and clients of ${name}, while the server runs`, () => {
    const folder = folderOfTests()
    let redis: RedisServer | undefined
    before(async () => {
      if (name === 'redis') redis = await RedisServer.start()
    })
    after(() => redis?.remove())

    /** An empty store, which several may open. */
    function place(): () => Promise<Store> {
      const id = randomBytes(6).toString('hex')
      const prefix = { env: { REDIS_PREFIX: `${id}:` } }
      return () => (redis === undefined ? openSqlite(join(folder, `${id}.db`)) : openRedis(redis.url, prefix))
    }

    async function scene(t: TestContext, options: TestServerOptions = {}) {
      const open = place()
      const own = await open()
      t.after(() => own.close())
      const env = { STORE: 'redis' }
      const node = (more: TestServerOptions = {}) =>
        open().then((store) => buildServer(t, { env, ...options, ...more, store }))
      const server = await node()
      return { server, node, operator: operatorOf(server, own), store: own }
    }

    async function logIn(agent: Agent, username: string, password = PASSWORD, ask = ASK) {
      const page = await agent.follow(await agent.get(request(ask)))
      return agent.login(page, username, password)
    }

    async function codeOf(agent: Agent, username: string, ask = ASK): Promise<string> {
      let page = await logIn(agent, username, PASSWORD, ask)
      if (page.body.includes('value="approve"')) page = await agent.submit(page, { decision: 'approve' })
      return new URL(String(page.headers.location)).searchParams.get('code') ?? ''
    }

    const exchange = (app: Parameters<typeof direct>[0], code: string, authorization: string) =>
      direct(app, { grant_type: 'authorization_code', code, redirect_uri: CALLBACK }, { authorization })

    test('whoever is added logs in, by name and by address, to a client that was added; both are found by the other nodes', async (t) => {
      const { server, node, operator } = await scene(t)
      const { app } = server
      const secret = await operator.addClient('app', APP)
      const sub = await operator.add('Ada', PASSWORD, {
        email: 'ada@example.com',
        entry: {
          username: 'Ada',
          name: 'Ada L.',
          email: 'ada@example.com',
          email_verified: true,
          groups: ['staff'],
        },
      })
      const authorization = basic('app', secret)
      for (const username of ['Ada', ' ada', 'ADA@example.com']) {
        const code = await codeOf(new Agent(app), username)
        const { status, body } = await exchange(app, code, authorization)
        assert.equal(status, 200, JSON.stringify(body))
        const info = (await userinfo(app, body.access_token as string)).json()
        assert.deepEqual([info.sub, info.name, info.email], [sub, 'Ada L.', 'ada@example.com'])
      }
      const other = await node()
      assert.equal(
        (await direct(other.app, { grant_type: 'client_credentials' }, { authorization })).status,
        200,
      )
      assert.equal((await logIn(new Agent(app), 'ada', 'wrong horse battery')).statusCode, 422)
      const metadata = await app.inject({
        url: '/.well-known/openid-configuration',
        headers: { host: 'localhost:8000' },
      })
      assert.ok(metadata.json().grant_types_supported.includes('client_credentials'))
    })

    test('disabled: logins and grants end, at this node and at another; enabled again they do not revive', async (t) => {
      const { server, node, operator } = await scene(t)
      const other = await node()
      const authorization = basic('app', await operator.addClient('app', APP))
      const sub = await operator.add('ada', PASSWORD)
      const ask = { ...ASK, scope: 'openid offline_access' }
      const browser = new Agent(server.app)
      const { body } = await exchange(server.app, await codeOf(browser, 'ada', ask), authorization)
      const refresh = (app: typeof server.app) =>
        direct(
          app,
          { grant_type: 'refresh_token', refresh_token: body.refresh_token as string },
          { authorization },
        )
      assert.equal((await userinfo(other.app, body.access_token as string)).statusCode, 200)
      await changePerson(operator.people, sub, (record) =>
        endedNow({ ...record, disabled: true }, server.clock.now),
      )
      for (const { app } of [server, other]) {
        await until(
          async () => (await userinfo(app, body.access_token as string)).statusCode === 401,
          'the node sees it',
        )
        assert.equal((await refresh(app)).body.error, 'invalid_grant')
        assert.equal((await logIn(new Agent(app), 'ada')).statusCode, 422)
      }
      await changePerson(operator.people, sub, (record) => ({ ...record, disabled: false }))
      await until(
        async () => (await logIn(new Agent(server.app), 'ada')).statusCode !== 422,
        'the node sees it',
      )
      assert.equal((await userinfo(server.app, body.access_token as string)).statusCode, 401)
      assert.equal((await refresh(server.app)).body.error, 'invalid_grant')
      const home = await browser.get('/')
      assert.ok(!home.body.includes('You are logged in'))
    })

    test('an end date disables by itself, without anybody who does it', async (t) => {
      const { server, operator } = await scene(t)
      const authorization = basic('app', await operator.addClient('app', APP))
      await operator.add('ada', PASSWORD, { until: server.clock.now + 60 })
      const code = await codeOf(new Agent(server.app), 'ada')
      const { body } = await exchange(server.app, code, authorization)
      assert.equal((await userinfo(server.app, body.access_token as string)).statusCode, 200)
      server.clock.now += 60
      assert.equal((await userinfo(server.app, body.access_token as string)).statusCode, 401)
      assert.equal((await logIn(new Agent(server.app), 'ada')).statusCode, 422)
    })

    test('one switch ends all that a client holds, of the store and of the file; what comes after is good', async (t) => {
      const { server, operator } = await scene(t, {
        clients: [{ ...APP, client_id: 'filed', client_secret: 'password' }],
      })
      const { app, clock } = server
      await operator.add('ada', PASSWORD)
      const secrets = { app: await operator.addClient('app', APP), filed: 'password' }
      for (const [client_id, secret] of Object.entries(secrets)) {
        const authorization = basic(client_id, secret)
        const ask = { ...ASK, client_id }
        const grantOf = async () =>
          (await exchange(app, await codeOf(new Agent(app), 'ada', ask), authorization)).body
        const own = async () =>
          (await direct(app, { grant_type: 'client_credentials' }, { authorization })).body
        const waiting = await codeOf(new Agent(app), 'ada', ask)
        const [held, owned] = [await grantOf(), await own()]
        const good = async (token: unknown) =>
          (await direct(app, { token: token as string }, { authorization, url: '/oauth/introspect' })).body
            .active
        assert.deepEqual([await good(held.access_token), await good(owned.access_token)], [true, true])
        await stopClient(operator.clients, client_id)
        await until(async () => (await good(held.access_token)) === false, 'the node sees it')
        assert.equal(await good(owned.access_token), false)
        assert.equal(
          (
            await direct(
              app,
              { grant_type: 'refresh_token', refresh_token: held.refresh_token as string },
              { authorization },
            )
          ).body.error,
          'invalid_grant',
        )
        assert.equal((await exchange(app, waiting, authorization)).body.error, 'invalid_grant')
        clock.now += endOfAll(0)
        const [next, nextOwn] = [await grantOf(), await own()]
        assert.deepEqual([await good(next.access_token), await good(nextOwn.access_token)], [true, true])
      }
    })

    test('a secret is rotated without a gap; a client that is deleted is unknown, and its id nobody’s', async (t) => {
      const { server, operator } = await scene(t)
      const { app, clock } = server
      const first = await operator.addClient('app', APP)
      const { secret, kept } = makeSecret('second', clock.now)
      const token = (with_secret: string) =>
        direct(app, { grant_type: 'client_credentials' }, { authorization: basic('app', with_secret) })
      assert.equal((await token(first)).status, 200)
      assert.equal((await token(secret)).status, 401)
      await changeClient(operator.clients, 'app', (record) => ({
        ...record,
        secrets: [...record.secrets.map((one) => ({ ...one, until: clock.now + 60 })), kept],
      }))
      await until(async () => (await token(secret)).status === 200, 'the node sees it')
      assert.equal((await token(first)).status, 200)
      clock.now += 60
      assert.equal((await token(first)).status, 401)
      await deleteClient(operator.clients, 'app')
      await until(async () => (await token(secret)).status === 401, 'the node sees it')
    })

    test('a deleted person is nobody, and whoever has the name next inherits nothing', async (t) => {
      const { server, operator } = await scene(t)
      const authorization = basic('app', await operator.addClient('app', APP))
      const sub = await operator.add('ada', PASSWORD)
      const { body } = await exchange(server.app, await codeOf(new Agent(server.app), 'ada'), authorization)
      await deletePerson(operator.people, sub)
      const next = await operator.add('ada', PASSWORD)
      assert.notEqual(next, sub)
      await until(
        async () => (await userinfo(server.app, body.access_token as string)).statusCode === 401,
        'the node sees it',
      )
      const page = await logIn(new Agent(server.app), 'ada')
      assert.ok(page.body.includes('value="approve"'), 'asked anew')
    })

    test('the file counts: a stored person with a name that it has is set aside, loudly, and comes back when it has it no more', async (t) => {
      const { server, node, operator } = await scene(t)
      await operator.addClient('app', APP)
      await operator.add('ada', PASSWORD)
      assert.notEqual((await logIn(new Agent(server.app), 'ada')).statusCode, 422)
      const filed: UserEntry = { username: 'ADA', sub: 'u-1', password: 'of the file, 15' }
      const other = await node({ users: [filed] })
      assert.equal((await logIn(new Agent(other.app), 'ada')).statusCode, 422)
      assert.notEqual((await logIn(new Agent(other.app), 'ada', 'of the file, 15')).statusCode, 422)
      assert.ok(other.log.some(({ msg }) => /ada of the store is set aside.*adopt/.test(String(msg))))
      assert.notEqual((await logIn(new Agent(server.app), 'ada')).statusCode, 422)
    })

    test('adopted by the file they go on there with all that they were given; given back they go on here', async (t) => {
      const { server, node, operator } = await scene(t)
      const authorization = basic('app', await operator.addClient('app', APP))
      const sub = await operator.add('ada', PASSWORD)
      const ask = { ...ASK, scope: 'openid offline_access' }
      const code = await codeOf(new Agent(server.app), 'ada', ask)
      const { body } = await exchange(server.app, code, authorization)
      const record = await readPerson(operator.people.store, sub)
      const filed: UserEntry = { username: 'ada', sub, password_hash: record?.password_hash ?? '' }
      await assert.rejects(node({ users: [filed] }), /users adopt ada/)
      await changePerson(operator.people, sub, (person) => ({ ...person, adopted: true }))
      const other = await node({ users: [filed] })
      assert.equal((await userinfo(other.app, body.access_token as string)).json().sub, sub)
      const page = await logIn(new Agent(other.app), 'ada', PASSWORD, ask)
      assert.ok(!page.body.includes('value="approve"'), 'nobody is asked again')
      assert.equal(page.statusCode, 303)
      await until(
        async () => (await logIn(new Agent(server.app), 'ada')).statusCode === 422,
        'without the file they are nobody',
      )
      await changePerson(operator.people, sub, ({ adopted: _, ...person }) => person)
      await until(
        async () => (await userinfo(server.app, body.access_token as string)).statusCode === 200,
        'the node sees it',
      )
    })

    test('an equal sub or client id is no start', async (t) => {
      const { node, operator } = await scene(t)
      await operator.addClient('app', APP)
      await operator.add('ada', PASSWORD, { sub: 'u-1' })
      const eve: UserEntry = { username: 'eve', sub: 'u-1', password: 'x' }
      await assert.rejects(
        node({ users: [eve] }),
        /the sub u-1 of the file is that of somebody in the store.*users adopt ada/,
      )
      await assert.rejects(
        node({ clients: [{ client_id: 'App', client_secret: 'password', redirect_uris: [CALLBACK] }] }),
        /the client_id App of the file is that of a client in the store/,
      )
    })

    test('a link: looked at often, used once, by one of fifty; it ends the sessions of before', async (t) => {
      const { server, operator } = await scene(t)
      const { app, config, log } = server
      await operator.addClient('app', APP)
      const sub = await operator.add('ada', PASSWORD)
      const before = new Agent(app)
      await logIn(before, 'ada')
      const { Keys } = await import('../../src/secrets/keys.ts')
      const link = await makePersonLink(operator.people, new Keys(config.secretKeys, config.issuer), sub)
      const url = `/choose-password?link=${link}`
      for (let i = 0; i < 3; i++) assert.equal((await new Agent(app).get(url)).statusCode, 200)
      const agent = new Agent(app)
      const page = await agent.get(url)
      const refused = async (password: string, again: string, words: RegExp) => {
        const answer = await agent.submit(page, { password, again })
        assert.equal(answer.statusCode, 422)
        assert.match(answer.body, words)
      }
      await refused('short', 'short', /fewer than 15 characters/)
      await refused('a password of my own', 'a password of my oWn', /not the same/)
      await refused('x'.repeat(1001), 'x'.repeat(1001), /too long/)
      assert.equal(
        (await agent.post(url, { password: 'a password of my own', again: 'a password of my own' }))
          .statusCode,
        403,
      )
      const answers = await Promise.all(
        Array.from({ length: 50 }, async (_, at) => {
          const one = new Agent(app)
          const password = `a password of my own ${at}`
          return one.submit(await one.get(url), { password, again: password })
        }),
      )
      const done = answers.flatMap(({ statusCode }, at) => (statusCode === 200 ? [at] : []))
      assert.equal(done.length, 1, `${answers.map(({ statusCode }) => statusCode)}`)
      assert.notEqual((await logIn(new Agent(app), 'ada', `a password of my own ${done[0]}`)).statusCode, 422)
      assert.equal((await logIn(new Agent(app), 'ada', PASSWORD)).statusCode, 422)
      assert.ok(!(await before.get('/')).body.includes('You are logged in'))
      assert.equal((await new Agent(app).get(url)).statusCode, 410)
      assert.equal((await new Agent(app).get(`${url.slice(0, -2)}AA`)).statusCode, 410)
      assert.equal((await new Agent(app).get('/choose-password')).statusCode, 410)
      const lines = JSON.stringify(log)
      assert.ok(!lines.includes(String(link)) && !lines.includes('a password of my own'))
      assert.ok(log.some(({ msg, sub: about }) => msg === 'password_set' && about === sub))
    })

    test('with a client and a person of the store warm requests wait for the store as they do with those of the file', async (t) => {
      const open = place()
      const counting = countingStore(await open())
      const server = await buildServer(t, { env: { STORE: 'redis' }, store: counting.store })
      const { app } = server
      const own = await open()
      t.after(() => own.close())
      const operator = operatorOf(server, own)
      const authorization = basic('app', await operator.addClient('app', APP))
      await operator.add('ada', PASSWORD)
      const { body } = await exchange(app, await codeOf(new Agent(app), 'ada'), authorization)
      const warm = async (ask: () => Promise<{ status: number; body: Record<string, unknown> }>) => {
        // What is found once is there for the next second.
        let least = Number.POSITIVE_INFINITY
        for (let i = 0; i < 5; i++) {
          counting.waits()
          assert.equal((await ask()).status, 200)
          least = Math.min(least, counting.waits())
        }
        return least
      }
      assert.equal(await warm(() => direct(app, { grant_type: 'client_credentials' }, { authorization })), 0)
      const introspect = () =>
        direct(app, { token: body.access_token as string }, { authorization, url: '/oauth/introspect' })
      assert.equal(await warm(introspect), 1)
      let { refresh_token } = body
      const refresh = async () => {
        const answer = await direct(
          app,
          { grant_type: 'refresh_token', refresh_token: refresh_token as string },
          { authorization },
        )
        refresh_token = answer.body.refresh_token
        return answer
      }
      assert.equal(await warm(refresh), 2)
    })
  })
}
