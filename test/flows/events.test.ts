import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryStore } from '../../src/store/memory.ts'
import { Agent, WALK } from '../support/browser-agent.ts'
import { buildServer, type TestServer } from '../support/server.ts'
import { basic, direct, freshTokens, introspect, refresh } from '../support/token-client.ts'

/** The events of this name, without what every line has. */
function events({ log }: TestServer, name: string) {
  return log
    .filter(({ event }) => event === name)
    .map(({ event: _event, msg: _msg, level: _level, time: _time, req: _req, ...rest }) => rest)
}

const revoke = ({ app }: TestServer, token: string) => direct(app, { token }, { url: '/oauth/revoke' })

test('a revoked refresh token: its grant, who, and by whom; once', async (t) => {
  const server = await buildServer(t)
  const { refresh_token } = await freshTokens(server.app)
  await revoke(server, refresh_token)
  await revoke(server, refresh_token)
  const [revoked, ...more] = events(server, 'grant_revoked')
  const { grant_id } = events(server, 'token_issued')[0] as { grant_id: string }
  assert.deepEqual(revoked, { client_id: 'test_client', sub: 'admin', grant_id, reason: 'by the client' })
  assert.deepEqual(more, [])
})

test('a revoked access token: its id, once; a token of somebody else: nothing', async (t) => {
  const server = await buildServer(t, {
    clients: [{ client_id: 'other', client_secret: 'x', grant_types: ['client_credentials'], scope: 'read' }],
  })
  const { access_token } = await freshTokens(server.app)
  const { body } = await introspect(server.app, access_token)
  await revoke(server, access_token)
  await revoke(server, access_token)
  const [revoked, ...more] = events(server, 'token_revoked')
  assert.equal(revoked?.jti, body.jti)
  assert.equal(revoked?.sub, 'admin')
  assert.deepEqual(more, [])
  const form = { grant_type: 'client_credentials' }
  const issued = await direct(server.app, form, { authorization: basic('other', 'x') })
  assert.equal((await revoke(server, issued.body.access_token)).status, 200)
  assert.equal(events(server, 'token_revoked').length, 1)
})

test('what ends because its person is disabled is in the log', async (t) => {
  const store = new MemoryStore()
  const before = await buildServer(t, { store })
  const tokens = await freshTokens(before.app)
  const disabled = await buildServer(t, {
    store,
    change: ({ users }) => Object.assign(users[0] ?? {}, { disabled: true }),
  })
  assert.equal((await refresh(disabled.app, tokens.refresh_token)).status, 400)
  assert.equal(events(disabled, 'grant_revoked')[0]?.reason, 'the person is disabled')
})

test('a denied request', async (t) => {
  const server = await buildServer(t)
  const agent = new Agent(server.app)
  await agent.submit(await agent.login(await agent.get(WALK)), { decision: 'deny' })
  assert.deepEqual(events(server, 'consent_denied'), [
    { client_id: 'test_client', sub: 'admin', scope: 'email' },
  ])
})
