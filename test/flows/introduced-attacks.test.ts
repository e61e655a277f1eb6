import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import bcrypt from 'bcrypt'
import { NarrowedScopes } from '../../src/clients/narrowed-scopes.ts'
import type { Session } from '../../src/sessions/session.ts'
import { MemoryStore } from '../../src/store/memory.ts'
import { Agent, answerOf } from '../support/browser-agent.ts'
import { documentServer } from '../support/document-server.ts'
import { refreshed as refreshedBy } from '../support/introduced.ts'
import { buildServer } from '../support/server.ts'
import { AGENT, approved, asking, registered, URI } from '../support/strangers.ts'
import type { Reply } from '../support/token-client.ts'

test('what a document says at the approval is what its page has shown, or the person is asked again', async (t) => {
  const site = await documentServer(t)
  const { app, clock } = await buildServer(t)
  const short = { ...AGENT, grant_types: ['authorization_code'] }
  const client_id = site.serve('/client.json', short)
  for (const [at, change] of [
    { grant_types: ['authorization_code', 'refresh_token'] },
    { policy_uri: 'https://elsewhere.example/' },
    { redirect_uris: [URI, 'http://127.0.0.1/cb'] },
  ].entries()) {
    const agent = new Agent(app)
    site.serve('/client.json', short)
    clock.now += 301
    const page = await agent.login(await agent.get(asking(client_id, { prompt: 'consent', state: `${at}` })))
    assert.match(page.body, /value="approve"/)
    site.serve('/client.json', { ...short, ...change })
    clock.now += 301
    const next = await agent.submit(page, { decision: 'approve' })
    assert.equal(next.statusCode, 200, `approved unseen: ${JSON.stringify(change)}`)
    assert.match(next.body, /value="approve"/)
    assert.ok(answerOf(await agent.submit(next, { decision: 'approve' })).has('code'))
  }
})

test('a registration that is long only when it is unpacked is refused as any other', async (t) => {
  const { app } = await buildServer(t)
  const { status, body } = await registered(app, {
    ...{ redirect_uris: [URI], token_endpoint_auth_method: 'private_key_jwt' },
    jwks: {
      keys: [
        {
          kty: 'OKP',
          crv: 'Ed25519',
          x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
          kid: 'k'.repeat(9000),
        },
      ],
    },
  })
  assert.deepEqual([status, body.error], [400, 'invalid_client_metadata'])
})

test('a scope that is not public any more is taken from who registered while it was', async (t) => {
  const site = await documentServer(t)
  const store = new MemoryStore()
  const open = (isPublic: boolean) =>
    buildServer(t, {
      ...{ store, env: { STORE: 'redis' } },
      scopes: { 'notes.read': { sentence: 'Read your notes', public: isPublic } },
    })
  const { app } = await open(true)
  const ids = [(await registered(app, AGENT)).body.client_id, site.serve('/client.json', AGENT)]
  const scope = 'openid notes.read'
  const before: Reply[] = []
  for (const client_id of ids) before.push(await approved(app, client_id, { scope }))
  assert.deepEqual(
    before.map(({ body }) => body.scope),
    [scope, scope],
  )
  const { app: next } = await open(false)
  for (const [at, client_id] of ids.entries()) {
    const refreshed = await refreshedBy(next, client_id, before[at]?.body.refresh_token)
    assert.deepEqual([refreshed.status, refreshed.body.scope], [200, 'openid'])
    assert.equal((await approved(next, client_id, { scope })).body.scope, 'openid')
  }
})

test('a session does not grow with the clients that a person lets in which introduced themselves', async (t) => {
  const written: Session[] = []
  class Watched extends MemoryStore {
    override replace(...[kind, id, revision, record, now]: Parameters<MemoryStore['replace']>) {
      if (kind === 'session') written.push(record as Session)
      return super.replace(kind, id, revision, record, now)
    }
  }
  const { app } = await buildServer(t, { store: new Watched() })
  const agent = new Agent(app)
  for (let at = 0; at < 3; at++) {
    const { body } = await registered(app, { ...AGENT, client_name: `Agent ${at}` })
    assert.ok((await agent.authorize(asking(body.client_id, { prompt: 'login' }))).has('code'))
  }
  assert.ok(written.length > 0)
  assert.deepEqual(
    written.flatMap(({ clients }) => clients),
    [],
  )
})

test('the process remembers no client that anybody can make up, but for a bounded number', () => {
  const narrowed = new NarrowedScopes()
  const told = (client_id: string) => narrowed.events(client_id, 'openid more', 'openid').length
  assert.deepEqual([told('first'), told('first')], [1, 0])
  for (let at = 0; at < 1000; at++) told(`ci_${at}`)
  assert.equal(told('first'), 1, 'it gave way')
  assert.equal(told('ci_999'), 0)
})

test('no link of a stranger is an open redirector, also with prompt=none; a frame with it has its answer', async (t) => {
  const { app } = await buildServer(t)
  const { body } = await registered(app, AGENT)
  for (const [dest, location] of [
    ['document', undefined],
    ['iframe', `${URI}?error=login_required&state=s&error_description=`],
  ] as const) {
    const agent = new Agent(app)
    agent.headers = { ...agent.headers, 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': dest }
    const answer = await agent.get(asking(body.client_id, { prompt: 'none', state: 's' }))
    if (location !== undefined) assert.ok(answer.headers.location?.startsWith(location))
    else {
      assert.deepEqual([answer.statusCode, answer.headers.location], [400, undefined])
      assert.match(answer.body, /Go back to agent\.example/)
    }
  }
})

test('one person lets in two hundred new clients a day: beyond that nothing is stored, and others go on', async (t) => {
  const store = new MemoryStore()
  const { app, clock } = await buildServer(t, {
    store,
    users: [{ username: 'ada', password_hash: await bcrypt.hash('ada-password', 4) }],
  })
  const agent = new Agent(app)
  const approve = async (name: string, who = agent) => {
    const { body } = await registered(app, { ...AGENT, client_name: name })
    const page = await who.follow(await who.get(asking(body.client_id)))
    return page.statusCode === 303 ? page : who.submit(page, { decision: 'approve' })
  }
  await agent.login(await agent.get(asking((await registered(app, AGENT)).body.client_id)))
  for (let at = 0; at < 200; at++) assert.ok(answerOf(await approve(`Agent ${at}`)).has('code'), `${at}`)
  const one = await approve('One more')
  assert.deepEqual([one.statusCode, one.headers.location], [503, undefined])
  assert.ok(answerOf(await approve('Agent 7')).has('code'), 'it is no new one')
  const ada = new Agent(app)
  await ada.login(await ada.get(asking((await registered(app, AGENT)).body.client_id)), 'ada', 'ada-password')
  assert.ok(answerOf(await approve('One more', ada)).has('code'))
  assert.ok(answerOf(await approve('One more')).has('code'), 'somebody else has let it in')
  clock.now += 86_401
  await agent.login(await agent.get(asking((await registered(app, AGENT)).body.client_id)))
  assert.ok(answerOf(await approve('Tomorrow')).has('code'))
})

test('whom nobody has registered, this site posts nothing to: neither a code nor an error, also after an approval', async (t) => {
  const { app } = await buildServer(t)
  const address = 'https://intranet.example/transfer?to=me'
  const { body } = await registered(app, { ...AGENT, redirect_uris: [URI, address] })
  assert.equal((await approved(app, body.client_id)).status, 200)
  for (const more of [{}, { scope: 'nothing' }, { prompt: 'none' }] as Record<string, string>[]) {
    const sent = { redirect_uri: address, response_mode: 'form_post', ...more }
    const answer = await new Agent(app).get(asking(body.client_id, sent))
    assert.equal(answer.statusCode, 303)
    assert.ok(answer.headers.location?.startsWith(`${address}&error=invalid_request`))
  }
})

test('a document that wants to stay, and did not when it was approved, is approved anew', async (t) => {
  const site = await documentServer(t)
  const { app, clock } = await buildServer(t)
  const client_id = site.serve('/client.json', { ...AGENT, grant_types: ['authorization_code'] })
  const agent = new Agent(app)
  assert.ok((await agent.authorize(asking(client_id))).has('code'))
  assert.ok(answerOf(await agent.get(asking(client_id))).has('code'))
  site.serve('/client.json', AGENT)
  clock.now += 301
  const page = await agent.get(asking(client_id))
  assert.match(page.body, /It keeps access after you log out/)
  assert.ok(answerOf(await agent.submit(page, { decision: 'approve' })).has('code'))
  assert.ok(answerOf(await agent.get(asking(client_id))).has('code'))
})

test('the body of a document is plain JSON of its own, in whatever it is wrapped', async (t) => {
  const site = await documentServer(t)
  const { app } = await buildServer(t)
  const client_id = `${site.origin}/c`
  const own = { client_id, ...AGENT }
  const text = JSON.stringify(own)
  for (const [body, headers, status] of [
    [gzipSync(text), { 'content-encoding': 'gzip' }, 400],
    [gzipSync(Buffer.alloc(20_000_000, ' ')), { 'content-encoding': 'gzip' }, 400],
    [`\uFEFF${text}`, {}, 400],
    [Buffer.from(text, 'utf16le'), {}, 400],
    ['['.repeat(32_000), {}, 400],
    [`{"__proto__":${text}}`, {}, 400],
    [text.replace('{', '{"__proto__":{"skip_consent":true},"constructor":null,'), {}, 200],
    [text.replace('"Agent"', `${'['.repeat(15_000)}${']'.repeat(15_000)}`), {}, 200],
    [text.replace('{', '{"redirect_uris":["https://elsewhere.example/"],'), {}, 200],
  ] as [string | Buffer, Record<string, string>, number][]) {
    site.answer('/c', (response) =>
      response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(body),
    )
    const agent = new Agent((await buildServer(t)).app)
    const page = await agent.get(asking(client_id))
    assert.equal(page.statusCode, status, body.toString().slice(0, 60))
    if (status === 200) assert.match((await agent.login(page)).body, /Nobody here has checked this app/)
  }
  assert.equal(
    (await new Agent(app).get(asking(client_id, { redirect_uri: 'https://elsewhere.example/' }))).statusCode,
    400,
  )
})
