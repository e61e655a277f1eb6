import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Consents } from '../../src/consents/consents.ts'
import { MemoryStore } from '../../src/store/memory.ts'
import { Agent } from '../support/browser-agent.ts'
import { CALLBACK, request } from '../support/oidc.ts'
import {
  asked,
  FILES,
  NOTES,
  type Query,
  refreshFor,
  resourceServer,
  STRANGER,
  seen,
  tokensFor,
  withResources,
} from '../support/resources.ts'

const unnamed = (scope: string) => `Use “${scope}”, which nobody here has described`
const USE_NOTES = 'Use Notes for you'
const USE_FILES = 'See and change your files'
const USE_STRANGER = `Use ${STRANGER} for you`

/** The consent page for these resources, logged in; what is new and what was approved before. */
async function page(agent: Agent, resource: string[], query: Query = {}) {
  let shown = await agent.follow(await agent.get(withResources(request(query), ...resource)))
  if (shown.body.includes('name="password"')) shown = await agent.login(shown, 'alice', 'wonderland')
  const items = (part = '') => [...part.matchAll(/<li>([^<]*)<\/li>/g)].map(([, text = '']) => text)
  const [before = '', known = ''] = shown.body.split('<details>')
  return { shown, asks: shown.body.includes('value="approve"'), added: items(before), known: items(known) }
}

async function approve(agent: Agent, shown: Awaited<ReturnType<typeof page>>) {
  return agent.submit(shown.shown, { decision: 'approve' })
}

test('the page says whom the access is for: by the sentence, the name, or the whole identifier', async (t) => {
  const { app } = await resourceServer(t, { any: true })
  const { added, known } = await page(new Agent(app), [NOTES, FILES, STRANGER], { scope: 'openid read' })
  assert.deepEqual(added, [USE_NOTES, USE_FILES, USE_STRANGER, 'Know who you are', unnamed('read')])
  assert.deepEqual(known, [])
})

test('step-up: another resource, or a wider scope, keeps the login and asks for what is new', async (t) => {
  const { app } = await resourceServer(t)
  const agent = new Agent(app)
  const narrow = await page(agent, [NOTES], { scope: 'openid read' })
  await approve(agent, narrow)
  const cookies = new Map(agent.cookies)
  assert.ok(!(await page(agent, [NOTES], { scope: 'openid read' })).asks, 'remembered')
  assert.ok(!(await page(agent, [`${NOTES}/`], { scope: 'read' })).asks, 'for less, and in another spelling')

  const wider = await page(agent, [NOTES], { scope: 'openid read write' })
  assert.ok(wider.asks && wider.shown.body.includes('wants more access'))
  assert.deepEqual(wider.added, [unnamed('write')])
  assert.deepEqual(wider.known, [USE_NOTES, 'Know who you are', unnamed('read')])
  await approve(agent, wider)

  const other = await page(agent, [NOTES, FILES], { scope: 'openid read write files' })
  assert.deepEqual(other.added, [USE_FILES, 'Know who you are', unnamed('files')])
  assert.deepEqual(other.known, [USE_NOTES, unnamed('read'), unnamed('write')])
  await approve(agent, other)
  for (const resource of [[NOTES], [FILES], [FILES, NOTES]])
    assert.ok(!(await page(agent, resource, { scope: 'openid read write files' })).asks)
  assert.deepEqual(agent.cookies, cookies, 'one login for all')
})

test('step-up: the new grant has what was asked for, and the one of before goes on as it was', async (t) => {
  const { app } = await resourceServer(t)
  const agent = new Agent(app)
  const first = await tokensFor(app, [NOTES], { scope: 'openid read' }, agent)
  const second = await tokensFor(app, [NOTES], { scope: 'openid read write' }, agent)
  assert.equal(second.scope, 'openid read write')
  const { body } = await refreshFor(app, first.refresh_token)
  assert.equal(body.scope, 'openid read')
  assert.equal((await seen(app, second.access_token)).scope, 'openid read write')
})

test('prompt=none for a resource that is new: consent_required; prompt=consent shows everything', async (t) => {
  const { app } = await resourceServer(t)
  const agent = new Agent(app)
  await asked(agent, [NOTES])
  assert.ok((await asked(agent, [NOTES], { prompt: 'none' })).get('code'))
  assert.equal((await asked(agent, [FILES], { prompt: 'none' })).get('error'), 'consent_required')
  assert.equal((await asked(agent, [], { prompt: 'none' })).get('error'), 'consent_required')
  const again = await page(agent, [NOTES], { prompt: 'consent' })
  assert.deepEqual([again.added, again.known], [[USE_NOTES, 'Know who you are'], []])
})

test('a decision of before, without resources, goes on; for a resource it has to be made', async (t) => {
  const store = new MemoryStore()
  const { app, clock } = await resourceServer(t, { store })
  await new Consents(store).remember({ sub: 'sub-alice', client_id: 'rp', scope: 'openid read' }, clock.now)
  const agent = new Agent(app)
  assert.ok(!(await page(agent, [], { scope: 'openid read' })).asks)
  const first = await page(agent, [NOTES], { scope: 'openid read' })
  assert.ok(first.asks)
  assert.deepEqual(first.added, [USE_NOTES, 'Know who you are', unnamed('read')])
  await approve(agent, first)
  assert.ok(!(await page(agent, [], { scope: 'openid read' })).asks, 'and is no narrower then')
  const record = await new Consents(store).find('sub-alice', 'rp', clock.now)
  assert.equal(record?.scope, 'openid read')
  assert.deepEqual(record?.resources, { [NOTES]: 'openid read' })
})

test('a public client on loopback is asked about everything each time: it may be another program', async (t) => {
  const native = {
    client_id: 'tool',
    redirect_uris: ['http://127.0.0.1/cb'],
    scope: 'openid read',
    grant_types: ['authorization_code' as const],
  }
  const { app } = await resourceServer(t, { clients: [native] })
  const agent = new Agent(app)
  const query = {
    ...{ client_id: 'tool', redirect_uri: 'http://127.0.0.1:4000/cb', scope: 'openid read' },
    ...{ code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', code_challenge_method: 'S256' },
  }
  await approve(agent, await page(agent, [NOTES], query))
  const again = await page(agent, [NOTES], query)
  assert.deepEqual([again.added.length, again.known], [3, []])
})

test('the signed-in page lists resources; removing the application forgets them all', async (t) => {
  const { app, log } = await resourceServer(t, { any: true })
  const agent = new Agent(app)
  const { access_token } = await tokensFor(app, [NOTES, STRANGER], { scope: 'openid read' }, agent)
  const home = await agent.get('/account')
  for (const sentence of [USE_NOTES, USE_STRANGER, unnamed('read')])
    assert.ok(home.body.includes(sentence), sentence)
  await agent.submit(home, {})
  assert.equal((await seen(app, access_token)).active, false)
  assert.ok((await page(agent, [NOTES], { scope: 'openid read' })).asks)
  assert.equal(log.find(({ event }) => event === 'consent_revoked')?.resource, `${NOTES} ${STRANGER}`)
})

test('a form that was made for one resource does not approve another', async (t) => {
  const { app } = await resourceServer(t)
  const agent = new Agent(app)
  const { shown } = await page(agent, [NOTES])
  const query = withResources(request(), FILES).split('?')[1]
  const csrf = /name="csrf" value="([^"]*)"/.exec(shown.body)?.[1] ?? ''
  const answer = await agent.post(`/consent?${query}`, { csrf, decision: 'approve' })
  assert.equal(answer.headers.location, undefined)
  assert.ok(answer.body.includes('something has changed'))
})

test('markup and endless names are text on the page', async (t) => {
  const evil = '<script>alert(1)</script>'
  const { app } = await resourceServer(t, {
    any: true,
    change(entries) {
      entries.resources = [{ resource: NOTES, resource_name: evil }]
    },
  })
  const long = `https://${'x'.repeat(60)}.example/${'y'.repeat(500)}`
  const { shown } = await page(new Agent(app), [NOTES, long])
  assert.ok(!shown.body.includes(evil) && shown.body.includes('&lt;script&gt;'))
  assert.ok(shown.body.includes(long), 'the whole identifier')
})

test('skip_consent skips resources too; nothing is remembered by it', async (t) => {
  const own = {
    client_id: 'own',
    client_secret: 'password',
    redirect_uris: [CALLBACK],
    scope: 'openid read',
    skip_consent: true,
  }
  const { app } = await resourceServer(t, { clients: [own] })
  const shown = await page(new Agent(app), [NOTES], { client_id: 'own' })
  assert.ok(!shown.asks)
})
