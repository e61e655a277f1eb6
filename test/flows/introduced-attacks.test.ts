import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { test } from 'node:test'
import type { FastifyInstance } from 'fastify'
import { Agent, answerOf } from '../support/browser-agent.ts'
import { documentServer } from '../support/document-server.ts'
import { buildServer } from '../support/server.ts'

const URI = 'https://agent.example/cb'
const AGENT = {
  client_name: 'Agent',
  redirect_uris: [URI],
  token_endpoint_auth_method: 'none',
  grant_types: ['authorization_code'],
}

function asking(client_id: string, more: Record<string, string> = {}): string {
  const challenge = {
    code_challenge: hash('sha256', 'v'.repeat(43), 'base64url'),
    code_challenge_method: 'S256',
  }
  return `/oauth/authorize?${new URLSearchParams({ client_id, redirect_uri: URI, response_type: 'code', ...challenge, ...more })}`
}

async function registered(app: FastifyInstance, metadata: object) {
  const answer = await app.inject({
    ...{ method: 'POST', url: '/oauth/register', payload: JSON.stringify(metadata) },
    headers: { 'content-type': 'application/json', host: 'localhost:8000' },
  })
  return { status: answer.statusCode, body: answer.json() }
}

test('what a document says at the approval is what its page has shown, or the person is asked again', async (t) => {
  const site = await documentServer(t)
  const { app, clock } = await buildServer(t)
  const client_id = site.serve('/client.json', AGENT)
  for (const [at, change] of [
    { grant_types: ['authorization_code', 'refresh_token'] },
    { policy_uri: 'https://elsewhere.example/' },
    { redirect_uris: [URI, 'http://127.0.0.1/cb'] },
  ].entries()) {
    const agent = new Agent(app)
    site.serve('/client.json', AGENT)
    clock.now += 301
    const page = await agent.login(await agent.get(asking(client_id, { prompt: 'consent', state: `${at}` })))
    assert.match(page.body, /value="approve"/)
    site.serve('/client.json', { ...AGENT, ...change })
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
