import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Agent, answerOf, WALK } from '../support/browser-agent.ts'
import { oidcServer, request } from '../support/oidc.ts'
import { buildServer } from '../support/server.ts'
import { exchange, introspect } from '../support/token-client.ts'

const removeForm = /action="\/account\/apps\/remove"/

test('an application that has access is listed with what it may do, and removing it ends that at once', async (t) => {
  const { app, log } = await buildServer(t)
  const agent = new Agent(app)
  const { body } = await exchange(app, (await agent.authorize()).get('code') ?? '')
  const home = await agent.get('/account')
  assert.match(home.body, /See your email address/i)
  const after = await agent.submit(home, {})
  assert.match(after.body, /None yet/)
  assert.equal((await introspect(app, String(body.access_token))).body.active, false)
  assert.equal(log.find(({ event }) => event === 'grant_revoked')?.reason, 'by the person')
  // And asks again.
  assert.match((await agent.get(WALK)).body, /value="approve"/)
})

test('a decision is listed, and can be taken back, after its access has ended', async (t) => {
  const { app, log } = await buildServer(t)
  const agent = new Agent(app)
  await agent.authorize()
  await agent.submit(await agent.get('/logout'), {})
  await agent.login(await agent.get('/login'))
  assert.ok(answerOf(await agent.get(WALK)).get('code'), 'it still works without a question')
  const again = new Agent(app)
  const home = await again.login(await again.get('/login'))
  assert.match(home.body, removeForm)
  assert.doesNotMatch((await again.submit(home, {})).body, removeForm)
  assert.equal(log.filter(({ event }) => event === 'consent_revoked').length, 1)
  assert.match((await again.get(WALK)).body, /value="approve"/)
})

test('an application that only ever got an ID token is listed too', async (t) => {
  const { app } = await oidcServer(t)
  const agent = new Agent(app)
  let page = await agent.get(request({ response_type: 'id_token' }))
  page = await agent.login(page, 'alice', 'wonderland')
  assert.ok(answerOf(await agent.submit(page, { decision: 'approve' })).get('id_token'))
  assert.match((await agent.get('/account')).body, /Relying Party/)
})

test('a removal whose form no longer fits says so, and removes nothing', async (t) => {
  const { app } = await buildServer(t)
  const agent = new Agent(app)
  await agent.authorize()
  const page = await agent.post('/account/apps/remove', { client_id: 'test_client', csrf: 'stale' })
  assert.equal(page.statusCode, 403)
  assert.match(page.body, /Please check and try again/)
  assert.match(page.body, removeForm)
})
