import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { FastifyInstance } from 'fastify'
import { block, unblock } from '../../src/clients/introduced/block-list.ts'
import type { BlockedEntry } from '../../src/config/blocked.ts'
import { type Config, loadConfig } from '../../src/config/config.ts'
import { createLogger } from '../../src/http/logger.ts'
import { Registry } from '../../src/registry/registry.ts'
import { createGeneration, type Generation } from '../../src/server.ts'
import { MemoryStore } from '../../src/store/memory.ts'
import { type Store, StoreUnavailable } from '../../src/store/store.ts'
import { Agent, answerOf, WALK } from '../support/browser-agent.ts'
import { countingStore } from '../support/counting-store.ts'
import { documentServer } from '../support/document-server.ts'
import { onEachStore } from '../support/each-store.ts'
import { asking, exchanged, refreshed, register } from '../support/introduced.ts'
import { KEY } from '../support/server.ts'
import { exchange, freshCode, introspect } from '../support/token-client.ts'
import { until } from '../support/until.ts'

const URI = 'https://app.evil.example/cb'
// Redis forgets by its own clock.
const NOW = Math.floor(Date.now() / 1000)

/** A server whose configuration file is edited and applied while it runs. */
async function serving(t: TestContext, store: Store) {
  const log: Record<string, unknown>[] = []
  const clock = { now: NOW }
  const durable = !(store instanceof MemoryStore)
  const config = (blocked_clients: BlockedEntry[] | undefined): Config => {
    const made = loadConfig({ SECRET_KEYS: KEY, ...(durable && { STORE: 'redis' }) })
    made.entries.blocked_clients = blocked_clients
    return made
  }
  const parts = {
    store,
    log: createLogger('trace', {
      write: (line: string) =>
        void log.push(
          ...line
            .trim()
            .split('\n')
            .map((one) => JSON.parse(one)),
        ),
    }),
    now: () => clock.now,
  }
  const generations: Generation[] = [await createGeneration(config(undefined), parts)]
  const last = () => generations.at(-1) as Generation
  t.after(async () => {
    for (const { app, retire, end } of generations) {
      retire()
      end()
      await app.close()
    }
    await store.close()
  })
  return {
    ...{ store, log, clock, durable },
    app: (): FastifyInstance => last().app,
    async apply(blocked_clients?: BlockedEntry[]) {
      generations.push(await createGeneration(config(blocked_clients), { ...parts, before: last().kept }))
    },
  }
}

type Serving = Awaited<ReturnType<typeof serving>>

/** The same browser, at the server of now. */
function browserAt(app: FastifyInstance, before?: Agent): Agent {
  const agent = new Agent(app)
  for (const [name, value] of before?.cookies ?? []) agent.cookies.set(name, value)
  return agent
}

/** A client that somebody has approved, with its tokens. */
async function approved(app: FastifyInstance, client_id?: string, uri = URI) {
  client_id ??= String((await register(app, 'Good App', uri)).body.client_id)
  const agent = new Agent(app)
  const code = (await agent.authorize(asking(client_id, uri))).get('code') ?? ''
  const { status, body } = await exchanged(app, client_id, uri, code)
  assert.equal(status, 200, JSON.stringify(body))
  return { client_id, agent, access: String(body.access_token), refresh: String(body.refresh_token), uri }
}

type Held = Awaited<ReturnType<typeof approved>>

async function isActive(app: FastifyInstance, token: string): Promise<boolean> {
  return (await userinfo(app, token)).statusCode === 200
}

function userinfo(app: FastifyInstance, token: string) {
  return app.inject({
    url: '/oauth/userinfo',
    headers: { host: 'localhost:8000', authorization: `Bearer ${token}` },
  })
}

async function isShutOut(
  { app, log }: Serving,
  { client_id, agent, access, refresh, uri }: Held,
  rule: string,
) {
  const at = log.length
  const page = await browserAt(app(), agent).get(asking(client_id, uri))
  assert.equal(page.statusCode, 403)
  assert.equal(page.headers.location, undefined)
  assert.match(page.body, /This app is blocked here/)
  assert.ok(!page.body.includes('Good App'), 'its name may be what it is blocked for')
  assert.equal(await isActive(app(), access), false)
  const tokens = await refreshed(app(), client_id, refresh)
  assert.deepEqual([tokens.status, tokens.body.error], [401, 'invalid_client'])
  assert.doesNotMatch(JSON.stringify(tokens.body), /blocked/)
  const reasons = log.slice(at).filter(({ reason }) => reason === `the client is blocked here: ${rule}`)
  assert.deepEqual(
    reasons.map(({ msg, event }) => event ?? msg),
    ['request refused', 'client_authentication_failed'],
  )
  assert.ok(reasons.every((one) => one.client_id === client_id))
}

async function isLetIn({ app }: Serving, held: Held): Promise<Held> {
  const { client_id, agent, access, refresh, uri } = held
  assert.equal(await isActive(app(), access), true)
  const { status, body } = await refreshed(app(), client_id, refresh)
  assert.equal(status, 200, JSON.stringify(body))
  assert.ok(answerOf(await browserAt(app(), agent).get(asking(client_id, uri))).get('code'), 'no question')
  return { ...held, refresh: String(body.refresh_token) }
}

/** What fits the application of `approved`, and what nearly does. */
const RULES: [BlockedEntry, BlockedEntry][] = [
  [{ redirect_host: 'APP.evil.example.' }, { redirect_host: 'evil.example' }],
  [{ redirect_host: '*.evil.example' }, { redirect_host: '*.vil.example' }],
  [{ client_name: '*good ap*' }, { client_name: 'good' }],
]

const textOf = (entry: BlockedEntry) => Object.entries(entry).flat().join(' ')

onEachStore('clients that introduced themselves are blocked', (open) => {
  for (const [rule, other] of RULES)
    test(`${textOf(rule)} of the file, and lifted: nothing is lost`, async (t) => {
      const server = await serving(t, await open())
      const held = await approved(server.app())
      const { refresh } = await isLetIn(server, held)
      await server.apply([{ document_host: 'app.evil.example' }, other])
      const still = await isLetIn(server, { ...held, refresh })
      await server.apply([other, rule])
      await isShutOut(server, still, textOf(rule))
      const again = await register(server.app(), 'Good App', URI)
      assert.deepEqual([again.status, again.body.error], [403, 'invalid_client_metadata'])
      const home = await browserAt(server.app(), held.agent).get('/account')
      assert.match(home.body, /None yet/)
      await server.apply()
      await isLetIn(server, still)
      assert.match((await browserAt(server.app(), held.agent).get('/account')).body, /Good App/)
    })

  test('a moment of the file: what was approved before is over, and people are asked again; what comes after works', async (t) => {
    const server = await serving(t, await open())
    const { clock } = server
    const held = await approved(server.app())
    const { client_id, agent, uri } = held
    const waiting = answerOf(await agent.get(asking(client_id, uri))).get('code') ?? ''
    clock.now += 10
    // Without a question, on the approval of before: also what a node gives that has not heard of the mark.
    const late = answerOf(await agent.get(asking(client_id, uri))).get('code') ?? ''
    const without = (await exchanged(server.app(), client_id, uri, late)).body
    const mark = new Date((clock.now - 5) * 1000).toISOString()
    await server.apply([{ approved_before: mark }, { approved_before: '2020-01-01' }])
    const app = server.app()
    assert.equal(await isActive(app, held.access), false)
    assert.equal(await isActive(app, String(without.access_token)), false)
    assert.equal((await refreshed(app, client_id, String(without.refresh_token))).body.error, 'invalid_grant')
    assert.equal((await refreshed(app, client_id, held.refresh)).body.error, 'invalid_grant')
    assert.equal((await exchanged(app, client_id, uri, waiting)).body.error, 'invalid_grant')
    const browser = browserAt(app, agent)
    assert.match((await browser.get('/account')).body, /None yet/)
    const wrong = await browser.get(`${asking(client_id, uri)}&response_mode=nonsense`)
    assert.equal(wrong.statusCode, 400, 'nobody has approved it since')
    const page = await browser.get(asking(client_id, uri))
    assert.match(page.body, /value="approve"/)
    const code = answerOf(await browser.submit(page, { decision: 'approve' })).get('code') ?? ''
    const { body } = await exchanged(app, client_id, uri, code)
    assert.equal(await isActive(app, String(body.access_token)), true)
    assert.ok(answerOf(await browser.get(asking(client_id, uri))).get('code'), 'approved since')
    assert.match((await browser.get('/account')).body, /Good App/)
    assert.equal((await browser.get(`${asking(client_id, uri)}&response_mode=nonsense`)).statusCode, 303)
    const next = await refreshed(app, client_id, String(body.refresh_token))
    assert.equal(next.status, 200)
    await server.apply()
    assert.equal(await isActive(server.app(), held.access), true)
    assert.equal((await refreshed(server.app(), client_id, held.refresh)).status, 200)
  })

  test('a client that a document describes: by its host, its name and where it sends, and by a moment', async (t) => {
    const server = await serving(t, await open())
    const site = await documentServer(t)
    const document = { client_name: 'Described', redirect_uris: [URI], token_endpoint_auth_method: 'none' }
    const client_id = site.serve('/client.json', document)
    let held = await approved(server.app(), client_id)
    for (const [rule, other] of [
      [{ document_host: '127.0.0.1' }, { document_host: '*.example' }],
      [{ redirect_host: '*.evil.example' }, { redirect_host: '127.0.0.1' }],
      [{ client_name: 'desc*' }, { client_name: 'good app' }],
    ] satisfies [BlockedEntry, BlockedEntry][]) {
      await server.apply([other])
      held = await isLetIn(server, held)
      await server.apply([other, rule])
      const asked = site.asked.length
      await isShutOut(server, held, textOf(rule))
      const stranger = await browserAt(server.app()).get(asking(site.serve('/other.json', document), URI))
      assert.equal(stranger.statusCode, 403)
      if ('document_host' in rule)
        assert.equal(site.asked.length, asked, 'a host that is blocked is not asked')
    }
    server.clock.now += 10
    await server.apply([{ approved_before: new Date(server.clock.now * 1000).toISOString() }])
    assert.equal(await isActive(server.app(), held.access), false)
    assert.equal((await refreshed(server.app(), client_id, held.refresh)).body.error, 'invalid_grant')
    const next = await approved(server.app(), client_id)
    await isLetIn(server, next)
  })

  test('clients of the file are not concerned, whatever they are called and wherever they are', async (t) => {
    const server = await serving(t, await open())
    const code = await freshCode(server.app())
    const { access_token } = (await exchange(server.app(), code)).body
    server.clock.now += 10
    await server.apply([
      { client_name: '*' },
      { redirect_host: '*.example.com' },
      { approved_before: new Date(server.clock.now * 1000).toISOString() },
    ])
    assert.equal((await introspect(server.app(), access_token)).body.active, true)
    assert.equal((await browserAt(server.app()).get(WALK)).statusCode, 200)
  })

  test('a form that was open when the block came leads to the page that says so', async (t) => {
    const server = await serving(t, await open())
    const { client_id } = (await register(server.app(), 'Good App', URI)).body
    const agent = new Agent(server.app())
    const consent = await agent.login(await agent.follow(await agent.get(asking(client_id, URI))))
    await server.apply([{ client_name: 'good app' }])
    const after = await browserAt(server.app(), agent).submit(consent, { decision: 'approve' })
    assert.equal(after.statusCode, 403)
    assert.match(after.body, /This app is blocked here/)
  })

  test('rules made while the server runs: of any kind, for clients that it knows already, and lifted', async (t) => {
    const server = await serving(t, await open())
    if (!server.durable) return t.skip('nothing outlives the process, and no command reaches it')
    const { clock } = server
    const registry = new Registry(server.store)
    let held = await approved(server.app())
    for (const [rule, other] of RULES) {
      await block(registry, [other, rule])
      await until(async () => !(await isActive(server.app(), held.access)), 'the node sees it')
      await isShutOut(server, held, textOf(rule))
      await unblock(registry, [rule, other])
      await until(() => isActive(server.app(), held.access), 'the node sees it')
      held = await isLetIn(server, held)
    }
    clock.now += 10
    await block(registry, [{ approved_before: new Date(clock.now * 1000).toISOString() }])
    await until(async () => !(await isActive(server.app(), held.access)), 'the node sees it')
    assert.equal((await refreshed(server.app(), held.client_id, held.refresh)).body.error, 'invalid_grant')
    const next = await approved(server.app())
    assert.equal(next.client_id, held.client_id)
    await isLetIn(server, next)
    await server.apply([{ client_name: 'another' }])
    assert.equal(
      await isActive(server.app(), held.access),
      false,
      'the file adds to it, and replaces nothing',
    )
  })

  test('while the registry is warm, a refresh waits for its grant alone, whatever the rules', async (t) => {
    const counting = countingStore(await open())
    const server = await serving(t, counting.store)
    let { client_id, refresh } = await approved(server.app())
    // The least of several: now and then the version is asked for beside a request.
    const least = async () => {
      const counts: number[] = []
      for (let at = 0; at < 6; at++) {
        counting.calls()
        const { status, body } = await refreshed(server.app(), client_id, refresh)
        counts.push(counting.calls())
        assert.equal(status, 200)
        refresh = body.refresh_token
      }
      return Math.min(...counts)
    }
    assert.equal(await least(), 2)
    await server.apply([{ client_name: 'another' }, { approved_before: '2020-01-01' }])
    assert.equal(await least(), 2)
    if (!server.durable) return
    await block(new Registry(server.store), [{ client_name: 'a third' }])
    assert.equal(await least(), 2)
  })

  test('a store that is down lets nobody in by an outage, and calls no client unknown', async (t) => {
    const store = await open()
    let down = false
    const faulty = new Proxy(store, {
      get(target, name) {
        const value = Reflect.get(target, name, target)
        if (typeof value !== 'function') return value
        return (...parameters: unknown[]) => {
          if (down && name === 'read' && parameters[0] === 'registry') throw new StoreUnavailable('down')
          return value.apply(target, parameters)
        }
      },
    })
    const server = await serving(t, faulty)
    if (!server.durable) return t.skip('it is the process itself')
    const { client_id, refresh, uri } = await approved(server.app())
    down = true
    // A node that has just started, and knows nothing of the rules.
    const other = await serving(t, faulty)
    assert.equal((await refreshed(other.app(), client_id, refresh)).status, 503)
    assert.equal((await browserAt(other.app()).get(asking(client_id, uri))).statusCode, 503)
    down = false
    assert.equal((await refreshed(other.app(), client_id, refresh)).status, 200)
  })
})
