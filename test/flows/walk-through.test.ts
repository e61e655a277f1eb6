import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Agent, answerOf, WALK } from '../support/browser-agent.ts'
import { buildServer } from '../support/server.ts'
import { exchange, refresh } from '../support/token-client.ts'

test('the walk-through: login, consent, approve, exchange, refresh', async (t) => {
  const { app } = await buildServer(t)
  const agent = new Agent(app)
  const loginPage = await agent.get(WALK)
  assert.equal(loginPage.statusCode, 200)
  assert.match(loginPage.body, /name="username"/)
  const consentPage = await agent.login(loginPage)
  assert.match(consentPage.body, /Test Client/)
  assert.match(consentPage.body, /See your email address/)
  assert.match(consentPage.body, /www\.example\.com/)
  const answer = await agent.submit(consentPage, { decision: 'approve' })
  assert.match(
    String(answer.headers.location),
    /^https:\/\/www\.example\.com\/redirect\?state=somestate&code=[\w-]+&scope=email&iss=/,
  )
  const { status, body } = await exchange(app, answerOf(answer).get('code') as string)
  assert.equal(status, 200)
  assert.deepEqual(Object.keys(body).sort(), [
    'access_token',
    'expires_in',
    'refresh_token',
    'refresh_token_expires_in',
    'refresh_token_timeout',
    'scope',
    'token_type',
  ])
  assert.deepEqual(
    [body.token_type, body.expires_in, body.refresh_token_expires_in, body.scope],
    ['Bearer', 300, 900, 'email'],
  )
  const next = await refresh(app, body.refresh_token)
  assert.equal(next.status, 200)
  assert.deepEqual(Object.keys(next.body).sort(), Object.keys(body).sort())
  assert.notEqual(next.body.access_token, body.access_token)
  assert.notEqual(next.body.refresh_token, body.refresh_token)
})

test('the walk-through: Deny sends access_denied with state, description and iss', async (t) => {
  const { app } = await buildServer(t)
  const agent = new Agent(app)
  const denied = await agent.submit(await agent.login(await agent.get(WALK)), { decision: 'deny' })
  assert.ok(
    String(denied.headers.location).startsWith(
      'https://www.example.com/redirect?error=access_denied&state=somestate',
    ),
  )
  const parameters = answerOf(denied)
  assert.equal(parameters.get('iss'), 'http://localhost:8000')
  assert.ok(parameters.get('error_description'))
  assert.equal(parameters.get('code'), null)
})
