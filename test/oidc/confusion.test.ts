import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Agent } from '../support/browser-agent.ts'
import { clientServer } from '../support/listen.ts'
import {
  AUTHORIZATION,
  authorize,
  exchange,
  oidcServer,
  refresh,
  request,
  tokens,
  userinfo,
} from '../support/oidc.ts'
import { introspect } from '../support/token-client.ts'
import { until } from '../support/until.ts'

/** What can be done with a thing that somebody holds, and which thing it is meant for. */
type Use = 'userinfo' | 'introspect' | 'refresh' | 'exchange' | 'hint' | 'cookie'

for (const access_token_format of ['opaque', 'jwt'] as const) {
  test(`nothing works as anything else: code, tokens (${access_token_format}), ID token, userinfo, logout token, cookie`, async (t) => {
    const { origin, seen } = await clientServer(t, (_request, response) => {
      response.end()
    })
    const { app } = await oidcServer(
      t,
      { env: { ALLOW_PRIVATE_ADDRESSES: 'true' } },
      { access_token_format, userinfo_signed_response_alg: 'RS256', backchannel_logout_uri: origin },
    )
    // One login that ends, for its logout token; one that stays.
    const other = new Agent(app)
    await tokens(app, {}, other)
    await other.submit(await other.get('/oauth/logout'), {})
    await until(() => seen.length === 1, 'the logout token')
    const agent = new Agent(app)
    const given = await tokens(app, {}, agent)
    const hybrid = await authorize(agent, { response_type: 'code id_token token' })
    const [session] = [...agent.cookies].find(([name]) => name.includes('session')) ?? []
    const things: Record<string, { text: string; good: readonly Use[] }> = {
      code: { text: hybrid.parameters.get('code') ?? '', good: ['exchange'] },
      access_token: { text: given.access_token, good: ['userinfo', 'introspect'] },
      'front-channel access_token': {
        text: hybrid.parameters.get('access_token') ?? '',
        good: ['userinfo', 'introspect'],
      },
      refresh_token: { text: given.refresh_token, good: ['introspect', 'refresh'] },
      id_token: { text: given.id_token, good: ['hint'] },
      'logout token': { text: new URLSearchParams(seen[0]?.body).get('logout_token') ?? '', good: [] },
      'userinfo answer': { text: (await userinfo(app, given.access_token)).body, good: [] },
      cookie: { text: agent.cookies.get(session ?? '') ?? '', good: ['cookie'] },
    }
    const uses: Record<Use, (text: string) => Promise<boolean>> = {
      userinfo: async (text) => (await userinfo(app, text)).statusCode === 200,
      introspect: async (text) => (await introspect(app, text, AUTHORIZATION)).body.active === true,
      hint: async (text) =>
        !(await agent.get(request({ id_token_hint: text, prompt: 'none' }))).headers.location?.includes(
          'error=',
        ),
      cookie: async (text) => {
        const thief = new Agent(app)
        for (const [name, value] of agent.cookies) thief.cookies.set(name, value)
        thief.cookies.set(session ?? '', text)
        return !(await thief.get(request({ prompt: 'none' }))).headers.location?.includes('error=')
      },
      exchange: async (text) => (await exchange(app, text)).status === 200,
      refresh: async (text) => (await refresh(app, text)).status === 200,
    }
    for (const { text } of Object.values(things)) assert.ok(text.length > 20)
    for (const [use, works] of Object.entries(uses)) {
      for (const [name, { text, good }] of Object.entries(things))
        assert.equal(await works(text), good.includes(use as Use), `${name} as ${use}`)
    }
  })
}
