import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import type { FastifyInstance } from 'fastify'
import type { Response } from 'light-my-request'
import { Agent, answerOf } from '../support/browser-agent.ts'
import { documentServer } from '../support/document-server.ts'
import { onEachStore } from '../support/each-store.ts'
import { buildServer } from '../support/server.ts'
import { direct, introspect } from '../support/token-client.ts'

const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
const URI = 'https://agent.example/cb'
const AGENT = {
  client_name: 'Agent',
  redirect_uris: [URI],
  token_endpoint_auth_method: 'none',
  grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:jwt-bearer'],
}

function asking(client_id: string, redirect_uri = URI, more: Record<string, string> = {}): string {
  const challenge = { code_challenge: hash('sha256', VERIFIER, 'base64url'), code_challenge_method: 'S256' }
  return `/oauth/authorize?${new URLSearchParams({ client_id, redirect_uri, response_type: 'code', state: 's', ...challenge, ...more })}`
}

/** Logs somebody in and comes as far as the consent page. */
async function toConsent(
  app: FastifyInstance,
  url: string,
  agent = new Agent(app),
): Promise<[Agent, Response]> {
  const page = await agent.follow(await agent.get(url))
  return [agent, page.body.includes('name="password"') ? await agent.login(page) : page]
}

async function approve(app: FastifyInstance, client_id: string, redirect_uri = URI) {
  const [agent, page] = await toConsent(app, asking(client_id, redirect_uri))
  const code = answerOf(await agent.submit(page, { decision: 'approve' })).get('code') ?? ''
  const grant = { grant_type: 'authorization_code', client_id, code, redirect_uri, code_verifier: VERIFIER }
  return { agent, page, tokens: await direct(app, grant, { authorization: '' }) }
}

const refreshed = (app: FastifyInstance, client_id: string, refresh_token: string) =>
  direct(app, { grant_type: 'refresh_token', client_id, refresh_token }, { authorization: '' })

onEachStore('clients that a document describes', (open) => {
  test('a client that nobody has registered: from its address to its tokens, and it is asked for once', async (t) => {
    const site = await documentServer(t)
    const { app } = await buildServer(t, { store: await open(), env: { STORE: 'redis' } })
    const client_id = site.serve('/client.json', AGENT)
    const { agent, page, tokens } = await approve(app, client_id)
    assert.match(page.body, /Nobody here has checked this app/)
    assert.ok(
      page.body.includes(
        `Its name and logo come from <strong><bdi>${new URL(client_id).host}</bdi></strong>`,
      ),
      page.body,
    )
    assert.equal(tokens.status, 200, JSON.stringify(tokens.body))
    const next = await refreshed(app, client_id, tokens.body.refresh_token)
    assert.deepEqual([next.status, next.body.scope], [200, tokens.body.scope])
    const { body } = await introspect(app, next.body.access_token)
    assert.equal(body.active, false, 'it is a token of another client')
    assert.ok(answerOf(await agent.get(asking(client_id))).has('code'), 'approved before')
    assert.deepEqual(site.asked, ['/client.json'])
  })

  test('fifty who come at once are one request', async (t) => {
    const site = await documentServer(t)
    const { app } = await buildServer(t, { store: await open() })
    const client_id = site.serve('/client.json', AGENT)
    const pages = await Promise.all(Array.from({ length: 50 }, () => new Agent(app).get(asking(client_id))))
    assert.ok(pages.every(({ statusCode, body }) => statusCode === 200 && body.includes('Agent')))
    assert.deepEqual(site.asked, ['/client.json'])
  })

  test('a document that has changed is approved anew; its tokens go on meanwhile', async (t) => {
    const site = await documentServer(t)
    const { app, clock } = await buildServer(t, { store: await open(), env: { STORE: 'redis' } })
    const client_id = site.serve('/client.json', AGENT)
    const { agent, tokens } = await approve(app, client_id)
    site.serve('/client.json', { ...AGENT, client_name: 'Your Bank' })
    assert.ok(answerOf(await agent.get(asking(client_id))).has('code'), 'it is read anew after five minutes')
    clock.now += 301
    const [, page] = await toConsent(app, asking(client_id), agent)
    assert.match(page.body, /Your Bank/)
    assert.match(page.body, /value="approve"/)
    const before = await refreshed(app, client_id, tokens.body.refresh_token)
    assert.equal(before.status, 200)
    await agent.submit(page, { decision: 'approve' })
    assert.ok(answerOf(await agent.get(asking(client_id))).has('code'))
    assert.equal((await refreshed(app, client_id, before.body.refresh_token)).status, 200)
    // Another scope alone is no other client.
    site.serve('/client.json', { ...AGENT, client_name: 'Your Bank', scope: 'openid' })
    clock.now += 301
    assert.ok(answerOf(await agent.get(asking(client_id, URI, { scope: 'openid' }))).has('code'))
  })

  test('what is approved is what was on the page: a document that changes under it is shown anew', async (t) => {
    const site = await documentServer(t)
    const { app, clock } = await buildServer(t, { store: await open(), env: { STORE: 'redis' } })
    const client_id = site.serve('/client.json', AGENT, { 'cache-control': 'max-age=0' })
    const [agent, page] = await toConsent(app, asking(client_id))
    site.serve('/client.json', { ...AGENT, client_name: 'Your Bank' })
    clock.now += 61
    const again = await agent.submit(page, { decision: 'approve' })
    assert.equal(again.headers.location, undefined)
    assert.match(again.body, /Your Bank/)
    assert.match(again.body, /value="approve"/)
    assert.ok(answerOf(await agent.submit(again, { decision: 'approve' })).has('code'))
  })

  test('an outage of its host shuts nobody out for a day, and then nobody in', async (t) => {
    const site = await documentServer(t)
    const store = await open()
    const { app, clock } = await buildServer(t, { store, env: { STORE: 'redis' } })
    const client_id = site.serve('/client.json', AGENT)
    const { tokens } = await approve(app, client_id)
    site.answer('/client.json', (response) => response.writeHead(503).end())
    const second = await buildServer(t, { store, env: { STORE: 'redis' }, now: clock.now })
    second.clock.now += 86_000
    const [agent, page] = await toConsent(second.app, asking(client_id))
    assert.ok(answerOf(page).has('code'), 'approved before')
    second.clock.now += 401
    const gone = await agent.get(asking(client_id))
    assert.equal(gone.statusCode, 503)
    assert.equal(gone.headers.location, undefined)
    // Nobody's access depends on it: neither a token nor its refresh asks anybody.
    const asked = site.asked.length
    assert.equal((await refreshed(second.app, client_id, tokens.body.refresh_token)).status, 200)
    assert.equal(site.asked.length, asked)
  })

  test('nobody is sent anywhere for a document that was never approved here and does not answer', async (t) => {
    const site = await documentServer(t)
    const { app } = await buildServer(t, { store: await open() })
    const client_id = site.answer('/client.json', (response) => response.writeHead(503).end())
    const page = await new Agent(app).get(asking(client_id))
    assert.deepEqual([page.statusCode, page.headers.location], [503, undefined])
    site.serve('/client.json', AGENT)
    assert.equal((await new Agent(app).get(asking(client_id))).statusCode, 200, 'nothing is kept of an error')
    const code = await direct(
      app,
      {
        grant_type: 'authorization_code',
        client_id,
        code: 'ac_x',
        redirect_uri: URI,
        code_verifier: VERIFIER,
      },
      { authorization: '' },
    )
    assert.deepEqual([code.status, code.body.error], [401, 'invalid_client'])
  })
})

const refusedBecause = async (
  t: TestContext,
  respond:
    | Record<string, unknown>
    | ((at: string) => Parameters<Awaited<ReturnType<typeof documentServer>>['answer']>[1]),
) => {
  const site = await documentServer(t)
  const { app, log } = await buildServer(t)
  const client_id =
    typeof respond === 'function' ? site.answer('/c', respond(`${site.origin}/c`)) : site.serve('/c', respond)
  for (let time = 1; time <= 2; time++) {
    const page = await new Agent(app).get(asking(client_id))
    assert.equal(page.statusCode, 400, page.body)
    assert.equal(page.headers.location, undefined)
    assert.equal(site.asked.length, time, 'nothing is kept of it')
  }
  return String(log.find(({ msg }) => msg === 'request refused')?.reason)
}

const json =
  (text: string, type = 'application/json') =>
  () =>
  (response: Parameters<Parameters<Awaited<ReturnType<typeof documentServer>>['answer']>[1]>[0]) =>
    response.writeHead(200, { 'content-type': type }).end(text)

test('what is no document of this client is refused with its reason, and asked for again', async (t) => {
  const padding = 'x'.repeat(33_000)
  for (const [wrong, reason] of [
    [{ ...AGENT, client_id: 'https://claude.ai/client.json' }, /client_id is not its own address/],
    [{ ...AGENT, client_id: undefined }, /client_id is not its own address/],
    [{ ...AGENT, client_secret: 'a-secret-of-many-characters' }, /client_secret, which everybody can read/],
    [{ ...AGENT, token_endpoint_auth_method: 'client_secret_basic' }, /token_endpoint_auth_method/],
    [{ ...AGENT, client_secret_expires_at: 0 }, /client_secret_expires_at/],
    [{ ...AGENT, redirect_uris: [] }, /redirect_uris/],
    [{ ...AGENT, redirect_uris: ['javascript:alert(1)'] }, /redirect_uris\[0\]/],
    [{ ...AGENT, redirect_uris: ['https://*.agent.example/'] }, /wildcard/],
    [{ ...AGENT, grant_types: ['client_credentials'] }, /grant_types/],
    [{ ...AGENT, padding }, /33\d\d\d bytes, and 32768/],
    [json('[]'), /not a JSON object/],
    [json('{"client_id":'), /not a JSON object/],
    [json(JSON.stringify(AGENT), 'text/plain'), /media type/],
    [json(JSON.stringify(AGENT), 'text/html'), /media type/],
    [() => (response) => response.writeHead(302, { location: '/elsewhere' }).end(), /answered 302/],
    [() => (response) => response.writeHead(404).end(), /answered 404/],
    [() => (response) => response.writeHead(204).end(), /answered 204/],
  ] as [Parameters<typeof refusedBecause>[1], RegExp][])
    assert.match(await refusedBecause(t, wrong), reason)
})

test('ids that are no address of a document: refused, and nobody is asked', async (t) => {
  const site = await documentServer(t)
  const { app } = await buildServer(t)
  const { port } = new URL(site.origin)
  for (const client_id of [
    `${site.origin}/a/../c`,
    `${site.origin}/a/%2e%2e/c`,
    `${site.origin}/./c`,
    `${site.origin}/c#x`,
    `${site.origin}/c#`,
    `${site.origin}/c?`,
    site.origin,
    `http://user@127.0.0.1:${port}/c`,
    `http://@127.0.0.1:${port}/c`,
    `HTTP://127.0.0.1:${port}/c`,
    `http://127.1:${port}/c`,
    `http://2130706433:${port}/c`,
    `http://localhost.:${port}/c`,
    `http://agent.example:${port}/c`,
    `http://127.0.0.1:${port}\\c`,
    `http://127.0.0.1:${port}/ c`,
    `https://10.0.0.1/c`,
    `https://169.254.169.254/latest/meta-data`,
    `https://[::ffff:127.0.0.1]:${port}/c`,
    `https://AGENT.example/c`,
    `https://agent.example:443/c`,
    `https://bücher.example/c`,
    `https://agent.example./c`,
    `https://agent.example/${'x'.repeat(500)}`,
  ]) {
    const page = await new Agent(app).get(asking(client_id))
    assert.ok([400, 503].includes(page.statusCode), `${client_id} ${page.statusCode}`)
    assert.equal(page.headers.location, undefined, client_id)
  }
  assert.deepEqual(site.asked, [])
})

test('loopback documents only while the server is there itself; hosts and scopes as the configuration says', async (t) => {
  const site = await documentServer(t)
  const client_id = site.serve('/client.json', AGENT)
  const refused = async (env: Record<string, string>, entry: unknown) => {
    const { app, config } = await buildServer(t, {
      env,
      change: (entries) => {
        entries.client_id_metadata_documents = entry as never
      },
    })
    const agent = new Agent(app)
    agent.headers = { host: new URL(config.issuer).host }
    const page = await agent.get(asking(client_id))
    assert.equal(page.statusCode, 400, page.body)
    return page.body
  }
  assert.match(
    await refused({ ISSUER: 'https://id.example', DEMO_HOSTS: 'id.example' }, 'on'),
    /must begin with https/,
  )
  assert.match(
    await refused({}, ['claude.ai', '*.example.com']),
    /127\.0\.0\.1, whose clients are not let in here/,
  )
  assert.match(await refused({}, 'off'), /is registered here/)
  assert.deepEqual(site.asked, [])
  const { app } = await buildServer(t, {
    scopes: { 'notes.read': { sentence: 'Read notes', public: true } },
    change: (entries) => {
      entries.client_id_metadata_documents = { hosts: ['127.0.0.1'], scopes: ['openid'] }
    },
  })
  const [, page] = await toConsent(app, asking(client_id, URI, { scope: 'openid notes.read profile' }))
  assert.match(page.body, /value="approve"/)
  assert.doesNotMatch(page.body, /Read notes/)
})

test('a client of the file has its id, whatever stands there: nothing is asked', async (t) => {
  const site = await documentServer(t)
  const client_id = site.serve('/client.json', { ...AGENT, client_name: 'Somebody else' })
  const { app } = await buildServer(t, {
    clients: [
      {
        client_id,
        client_name: 'Ours',
        redirect_uris: [URI],
        token_endpoint_auth_method: 'none',
        scope: 'openid',
      },
    ],
  })
  const [, page] = await toConsent(app, asking(client_id, URI, { scope: 'openid' }))
  assert.match(page.body, /Ours/)
  assert.doesNotMatch(page.body, /Nobody here has checked/)
  assert.deepEqual(site.asked, [])
})

test('a flood of new documents takes nothing from those that somebody has approved', async (t) => {
  const site = await documentServer(t)
  const { app, clock } = await buildServer(t)
  const known = site.serve('/known.json', AGENT)
  await approve(app, known)
  let refused = 0
  for (let at = 0; at < 200; at++) {
    const agent = new Agent(app)
    agent.address = `203.0.113.${at}`
    const page = await agent.get(asking(site.serve(`/new-${at}.json`, AGENT)))
    if (page.statusCode === 503) refused++
    else assert.equal(page.statusCode, 200)
  }
  assert.ok(refused >= 79, `${refused} were refused`)
  clock.now += 301
  const agent = new Agent(app)
  agent.address = '203.0.113.1'
  assert.equal((await agent.get(asking(known))).statusCode, 200)
  assert.equal(site.asked.filter((path) => path === '/known.json').length, 2)
})

test('metadata says it if it is so', async (t) => {
  for (const entry of ['on', 'off'] as const) {
    const { app } = await buildServer(t, {
      change: (entries) => {
        entries.client_id_metadata_documents = entry
      },
    })
    for (const path of ['oauth-authorization-server', 'openid-configuration']) {
      const answer = await app.inject({ url: `/.well-known/${path}`, headers: { host: 'localhost:8000' } })
      assert.equal(answer.json().client_id_metadata_document_supported, entry === 'on' ? true : undefined)
      assert.ok(answer.json().token_endpoint_auth_methods_supported.includes('none'))
    }
  }
})
