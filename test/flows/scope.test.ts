import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryStore } from '../../src/store/memory.ts'
import { Agent, answerOf } from '../support/browser-agent.ts'
import { authorize, exchange, oidcServer, refresh, request } from '../support/oidc.ts'
import { basic, direct } from '../support/token-client.ts'

test('RFC 6749 §3.3: of a scope with names that the client may not have it gets the rest, and is told so', async (t) => {
  const { app, log } = await oidcServer(t, {}, { scope: 'openid email' })
  const scope = 'admin openid offline_access email'
  const agent = new Agent(app)
  const page = await agent.login(await agent.get(request({ scope })), 'alice', 'wonderland')
  assert.match(page.body, /See your email address/)
  assert.doesNotMatch(page.body, /“admin”/)
  const { parameters } = await authorize(agent, { scope })
  assert.equal(parameters.get('scope'), 'openid email')
  const { body: first } = await exchange(app, parameters.get('code') ?? '')
  assert.equal(first.scope, 'openid email')
  assert.ok(first.id_token)
  // Libraries repeat at refresh what they asked for first.
  const { status, body } = await refresh(app, first.refresh_token, { scope })
  assert.deepEqual([status, body.scope], [200, 'openid email'])
  const { parameters: silent } = await authorize(agent, { scope, prompt: 'none' })
  assert.ok(silent.get('code'), 'and what was approved covers it the next time')
  const told = log.filter(({ event }) => event === 'scope_narrowed')
  assert.deepEqual(
    told.map(({ client_id, scope: left }) => [client_id, left]),
    [['rp', 'admin offline_access']],
    'once a client, not once a request',
  )
})

test('the log hears of it from a refresh too', async (t) => {
  const { app, log } = await oidcServer(t)
  const { parameters } = await authorize(new Agent(app), { scope: 'openid' })
  const { body } = await exchange(app, parameters.get('code') ?? '')
  const { body: refreshed } = await refresh(app, body.refresh_token, { scope: 'openid email' })
  assert.equal(refreshed.scope, 'openid', 'never beyond what was granted (§6)')
  const [told] = log.filter(({ event }) => event === 'scope_narrowed')
  assert.deepEqual([told?.client_id, told?.scope], ['rp', 'email'])
})

test('RFC 6749 §4.1.2.1: invalid_scope if nothing remains, if openid is not allowed, and for a wrong syntax', async (t) => {
  const { app, log } = await oidcServer(t, {}, { scope: 'email' })
  for (const scope of ['admin', 'openid', 'openid email', 'email  admin', ' email', 'email\t', 'EMAIL']) {
    const { parameters } = await authorize(new Agent(app), { scope })
    assert.equal(parameters.get('error'), 'invalid_scope', JSON.stringify(scope))
    assert.equal(parameters.get('code'), null)
  }
  assert.equal(log.filter(({ event }) => event === 'scope_narrowed').length, 0)
})

test('client_credentials and password stay strict: there a developer sees the error', async (t) => {
  const grant_types = ['client_credentials' as const, 'password' as const]
  const { app } = await oidcServer(t, {
    clients: [{ client_id: 'svc', client_secret: 'a secret of 16 chars', grant_types, scope: 'read email' }],
  })
  const authorization = basic('svc', 'a secret of 16 chars')
  const forms: Record<string, string>[] = [
    { grant_type: 'client_credentials' },
    { grant_type: 'password', username: 'alice', password: 'wonderland' },
  ]
  for (const form of forms) {
    const wide = await direct(app, { ...form, scope: 'read admin' }, { authorization })
    assert.deepEqual([wide.status, wide.body.error], [400, 'invalid_scope'])
    assert.equal((await direct(app, { ...form, scope: 'read' }, { authorization })).status, 200)
  }
})

test('a client that may have more by the time of the approval gets what the page said, or the person is asked again', async (t) => {
  const store = new MemoryStore()
  const before = await oidcServer(t, { store }, { scope: 'openid email' })
  const agent = new Agent(before.app)
  const scope = 'openid email phone'
  const page = await agent.login(await agent.get(request({ scope })), 'alice', 'wonderland')
  const after = await oidcServer(t, { store }, { scope })
  const same = new Agent(after.app)
  for (const [name, value] of agent.cookies) same.cookies.set(name, value)
  const again = await same.submit(page, { decision: 'approve' })
  assert.equal(again.headers.location, undefined)
  assert.match(again.body, /See your phone number/)
  const answer = answerOf(await same.submit(again, { decision: 'approve' }))
  assert.equal(answer.get('scope'), scope)
})
