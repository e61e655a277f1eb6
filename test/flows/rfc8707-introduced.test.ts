import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FastifyInstance } from 'fastify'
import { Agent, answerOf } from '../support/browser-agent.ts'
import { documentServer } from '../support/document-server.ts'
import { FILES, NOTES, RESOURCES, STRANGER, withResources } from '../support/resources.ts'
import { buildServer, type TestServerOptions } from '../support/server.ts'
import { direct } from '../support/token-client.ts'

const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'
const REDIRECT = 'https://agent.example/cb'

const described: TestServerOptions = {
  change(entries) {
    entries.resources = RESOURCES
  },
}

async function register(app: FastifyInstance, more = {}) {
  const body = { redirect_uris: [REDIRECT], token_endpoint_auth_method: 'none', ...more }
  const headers = { host: 'localhost:8000', 'content-type': 'application/json' }
  return (
    await app.inject({ method: 'POST', url: '/oauth/register', headers, payload: JSON.stringify(body) })
  ).json()
}

/** An agent's whole way: as the person approves it. */
async function walk(app: FastifyInstance, client_id: string, resource: string[], scope?: string) {
  const query = new URLSearchParams({
    ...{ client_id, redirect_uri: REDIRECT, response_type: 'code', state: 's' },
    ...{ code_challenge: CHALLENGE, code_challenge_method: 'S256' },
    ...(scope !== undefined && { scope }),
  })
  const agent = new Agent(app)
  let page = await agent.follow(await agent.get(withResources(`/oauth/authorize?${query}`, ...resource)))
  page = await agent.login(page)
  const shown = page.body
  page = await agent.submit(page, { decision: 'approve' })
  const code = answerOf(page).get('code') ?? ''
  const form = {
    grant_type: 'authorization_code',
    code,
    redirect_uri: REDIRECT,
    client_id,
    code_verifier: VERIFIER,
  }
  const text = withResources(new URLSearchParams(form).toString(), ...resource)
  return { shown, ...(await direct(app, text, { authorization: '' })) }
}

test('a client that introduced itself may have the scopes of a public resource, and gets them where it names none', async (t) => {
  const { app } = await buildServer(t, described)
  const { client_id, scope } = await register(app)
  assert.equal(scope, 'openid profile offline_access read write')
  const { body, shown } = await walk(app, client_id, [NOTES])
  assert.equal(body.scope, 'read write')
  assert.ok(shown.includes('Use Notes for you'))
  const claims = JSON.parse(Buffer.from(body.access_token.split('.')[1], 'base64url').toString())
  assert.deepEqual([claims.aud, claims.scope], [NOTES, 'read write'])
  assert.equal((await walk(app, client_id, [])).body.scope, 'openid')
  const asked = await walk(app, client_id, [`${NOTES}/`], 'openid read files')
  assert.equal(asked.body.scope, 'openid read')
  // Refreshed as some of them do it: without resource, without scope.
  const form = { grant_type: 'refresh_token', refresh_token: asked.body.refresh_token, client_id }
  const next = await direct(app, form, { authorization: '' })
  assert.equal(next.body.scope, 'openid read')
})

test('the scope that it says of itself is what it gets if it names none, and no limit: it comes back for more', async (t) => {
  const { app } = await buildServer(t, described)
  const site = await documentServer(t)
  const narrow = { redirect_uris: [REDIRECT], token_endpoint_auth_method: 'none', scope: 'read' }
  const registered = await register(app, narrow)
  assert.equal(registered.scope, 'read')
  for (const client_id of [
    registered.client_id,
    site.serve('/agent.json', { client_name: 'A', ...narrow }),
  ]) {
    assert.equal((await walk(app, client_id, [NOTES])).body.scope, 'read')
    assert.equal((await walk(app, client_id, [])).body.scope, 'read')
    assert.equal((await walk(app, client_id, [NOTES], 'read write')).body.scope, 'read write')
    assert.equal((await walk(app, client_id, [NOTES], 'openid write admin')).body.scope, 'openid write')
  }
})

test('of a resource that is not public it may have no scope: invalid_target, on a page of its own', async (t) => {
  const { app } = await buildServer(t, described)
  const { client_id } = await register(app, { scope: 'files' })
  const query = new URLSearchParams({ client_id, redirect_uri: REDIRECT, response_type: 'code' })
  const agent = new Agent(app)
  const page = await agent.get(withResources(`/oauth/authorize?${query}`, FILES))
  assert.equal(page.statusCode, 400)
  assert.ok(page.body.includes('has no scope that this client may have'))
})

test('the demo takes any resource: what most agents send works at once', async (t) => {
  const { app } = await buildServer(t)
  const { client_id } = await register(app)
  const { body } = await walk(app, client_id, [STRANGER])
  assert.match(body.access_token, /^at_/)
  assert.equal(body.scope, 'openid')
})
