import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FastifyInstance } from 'fastify'
import type { ClientEntry } from '../../src/config/schema.ts'
import { Agent, answerOf } from '../support/browser-agent.ts'
import { buildServer } from '../support/server.ts'
import { direct } from '../support/token-client.ts'

const VERIFIER = 'v'.repeat(43)
const PKCE = { code_challenge: VERIFIER, code_challenge_method: 'plain' }
const SECRET = 'a-secret-of-32-characters-or-more'
const WEB: ClientEntry = {
  client_id: 'web',
  client_secret: SECRET,
  redirect_uris: ['https://web.example/cb'],
  grant_types: ['authorization_code', 'refresh_token', 'password'],
  scope: 'read offline_access',
}
const TOOL: ClientEntry = {
  client_id: 'tool',
  redirect_uris: ['http://127.0.0.1/cb', 'com.example.tool:/cb'],
  grant_types: ['authorization_code', 'refresh_token'],
  allow_plain_pkce: true,
  scope: 'read',
}

/** What the consent page says, and whether the refresh token works after a log-out. */
async function walked(agent: Agent, asked: { client: ClientEntry; scope: string }, app: FastifyInstance) {
  const { client, scope } = asked
  const [redirect_uri = ''] = client.redirect_uris ?? []
  const pkce = client.client_secret === undefined ? PKCE : {}
  const query = { client_id: client.client_id, redirect_uri, response_type: 'code', scope, ...pkce }
  const page = await agent.get(`/oauth/authorize?${new URLSearchParams(query)}`)
  const says = /class="lasting">([^<]*)</.exec(page.body)?.[1]
  const code = answerOf(await agent.submit(page, { decision: 'approve' })).get('code') ?? ''
  const how = { authorization: client.client_secret ? `Basic ${btoa(`${client.client_id}:${SECRET}`)}` : '' }
  const known: Record<string, string> = client.client_secret ? {} : { client_id: client.client_id }
  const who = { ...known, ...(client.client_secret ? {} : { code_verifier: VERIFIER }) } as typeof known
  const { body } = await direct(app, { grant_type: 'authorization_code', code, redirect_uri, ...who }, how)
  const refresh = () =>
    direct(app, { grant_type: 'refresh_token', refresh_token: body.refresh_token, ...known }, how)
  return { says, refresh }
}

test('what the consent page says of a log-out is what the log-out does, also after the login has ended by itself', async (t) => {
  const { app, clock, config } = await buildServer(t, { clients: [WEB, TOOL] })
  const agent = new Agent(app)
  await agent.login(await agent.get('/login'))
  const website = await walked(agent, { client: WEB, scope: 'read' }, app)
  const offline = await walked(agent, { client: WEB, scope: 'read offline_access' }, app)
  const tool = await walked(agent, { client: TOOL, scope: 'read' }, app)
  const password = { grant_type: 'password', username: 'admin', password: 'admin', scope: 'read' }
  const how = { authorization: `Basic ${btoa(`web:${SECRET}`)}` }
  const { body: agentTokens } = await direct(app, password, how)
  assert.equal(website.says, 'Its access ends when you log out.')
  assert.equal(offline.says, 'It keeps access after you log out, until you remove it.')
  assert.equal(tool.says, 'It keeps access after you log out, until you remove it.')
  clock.now += config.env.SESSION_IDLE_TTL + 1
  assert.equal((await website.refresh()).status, 200, 'an idle login ends no access')
  await agent.login(await agent.get('/login'))
  await agent.submit(await agent.get('/logout'), {})
  assert.equal((await website.refresh()).body.error, 'invalid_grant')
  assert.equal((await offline.refresh()).status, 200)
  assert.equal((await tool.refresh()).status, 200)
  const { refresh_token } = agentTokens
  assert.equal((await direct(app, { grant_type: 'refresh_token', refresh_token }, how)).status, 200)
})
