import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ClientEntry } from '../../src/config/schema.ts'
import { Agent, answerOf } from '../support/browser-agent.ts'
import { onEachStore } from '../support/each-store.ts'
import { AUTHORIZATION, exchange, oidcServer, refresh, request } from '../support/oidc.ts'
import { buildServer } from '../support/server.ts'
import { AGENT, asking, exchanged, registered } from '../support/strangers.ts'
import { introspect } from '../support/token-client.ts'

const OFFERED: Partial<ClientEntry> = { consent_lifetimes: [60, 120] }

/** Logs Alice in, up to the consent page. */
async function consentPage(agent: Agent, parameters: Record<string, string> = {}) {
  const page = await agent.follow(await agent.get(request(parameters)))
  return page.body.includes('name="password"') ? agent.login(page, 'alice', 'wonderland') : page
}

const answered = async (agent: Agent, parameters: Record<string, string> = {}) =>
  answerOf(await agent.follow(await agent.get(request(parameters))))

onEachStore('a permission with an end', (open) => {
  test('ends whole: what was given, and what is given without a question in between', async (t) => {
    const { app, clock } = await oidcServer(t, { store: await open() }, OFFERED)
    const agent = new Agent(app)
    const start = clock.now
    const page = await consentPage(agent, { scope: 'openid offline_access' })
    assert.match(page.body, /<option value="60">1 minute<\/option>/)
    const first = answerOf(await agent.submit(page, { decision: 'approve', lifetime: '60' }))
    const { body: tokens } = await exchange(app, first.get('code') ?? '')
    assert.deepEqual(
      [tokens.expires_in, tokens.refresh_token_timeout, tokens.authorization_expires_in],
      [60, 60, 60],
    )
    clock.now = start + 40
    const again = await answered(agent, { scope: 'openid offline_access' })
    const { body: later } = await exchange(app, again.get('code') ?? '')
    assert.deepEqual([later.expires_in, later.authorization_expires_in], [20, 20])
    const unredeemed = await answered(agent, { scope: 'openid' })
    clock.now = start + 59
    const { body: last } = await refresh(app, tokens.refresh_token)
    assert.equal(last.authorization_expires_in, 1)
    clock.now = start + 60
    for (const { refresh_token, access_token } of [last, later]) {
      assert.equal((await refresh(app, refresh_token)).body.error, 'invalid_grant')
      assert.deepEqual((await introspect(app, access_token, AUTHORIZATION)).body, { active: false })
    }
    assert.equal((await exchange(app, unredeemed.get('code') ?? '')).body.error, 'invalid_grant')
    const silent = await answered(agent, { scope: 'openid', prompt: 'none' })
    assert.equal(silent.get('error'), 'consent_required')
    const asked = await consentPage(agent, { scope: 'openid' })
    assert.match(asked.body, /value="approve"/)
    assert.doesNotMatch(asked.body, /allowed before/, 'nothing is allowed any more')
    const without = answerOf(await agent.submit(asked, { decision: 'approve', lifetime: 'none' }))
    const { body: endless } = await exchange(app, without.get('code') ?? '')
    assert.equal(endless.authorization_expires_in, undefined)
    clock.now = start + 600
    assert.ok((await answered(agent, { scope: 'openid' })).has('code'), 'nobody is asked again')
  })

  test('ends where nobody would be asked, too', async (t) => {
    const { app, clock } = await oidcServer(t, { store: await open() }, { ...OFFERED, skip_consent: true })
    const agent = new Agent(app)
    const page = await consentPage(agent, { prompt: 'consent' })
    answerOf(await agent.submit(page, { decision: 'approve', lifetime: '60' }))
    const { body } = await exchange(app, (await answered(agent)).get('code') ?? '')
    assert.equal(body.authorization_expires_in, 60)
    clock.now += 60
    assert.equal((await answered(agent, { prompt: 'none' })).get('error'), 'consent_required')
    assert.match((await consentPage(agent)).body, /value="approve"/)
  })

  test('is chosen fifty times at once, for one time or the other: each grant has its own, no refresh and no silent answer is later', async (t) => {
    const { app, clock } = await oidcServer(t, { store: await open() }, OFFERED)
    const first = new Agent(app)
    const start = clock.now
    await consentPage(first)
    const agents = Array.from({ length: 50 }, () => {
      const agent = new Agent(app)
      for (const [name, value] of first.cookies) agent.cookies.set(name, value)
      return agent
    })
    const press = await Promise.all(
      agents.map(async (agent, at) => {
        const page = await consentPage(agent, { state: `${at}` })
        return () => agent.submit(page, { decision: 'approve', lifetime: at % 2 ? '60' : '120' })
      }),
    )
    const codes = (await Promise.all(press.map((one) => one()))).map((one) => answerOf(one).get('code') ?? '')
    const tokens = (await Promise.all(codes.map((code) => exchange(app, code)))).map(({ body }) => body)
    assert.deepEqual(
      tokens.map((one) => one.authorization_expires_in),
      tokens.map((_, at) => (at % 2 ? 60 : 120)),
    )
    clock.now = start + 60
    const refreshed = await Promise.all(tokens.map((one) => refresh(app, one.refresh_token)))
    assert.deepEqual(
      refreshed.map(({ status }) => status),
      tokens.map((_, at) => (at % 2 ? 400 : 200)),
    )
    clock.now = start + 120
    const ends = await Promise.all(refreshed.map(({ body }) => refresh(app, body.refresh_token ?? 'none')))
    assert.deepEqual(new Set(ends.map(({ status }) => status)), new Set([400]))
    const silent = await Promise.all(agents.map((agent) => answered(agent, { prompt: 'none' })))
    assert.deepEqual(new Set(silent.map((one) => one.get('error'))), new Set(['consent_required']))
  })
})

test('only what is offered can be chosen; without a choice there is none', async (t) => {
  const { app } = await oidcServer(t, {}, OFFERED)
  const agent = new Agent(app)
  const page = await consentPage(agent)
  for (const lifetime of ['61', '0', '-60', '6e1', '060', '1000000000', 'forever']) {
    const refused = await agent.submit(page, { decision: 'approve', lifetime })
    assert.equal(refused.headers.location, undefined, lifetime)
    assert.equal((await answered(agent, { prompt: 'none' })).get('error'), 'consent_required')
  }
  const { app: plain } = await oidcServer(t)
  const other = new Agent(plain)
  const bare = await consentPage(other)
  assert.doesNotMatch(bare.body, /lifetime/)
  assert.equal(
    (await other.submit(bare, { decision: 'approve', lifetime: '60' })).headers.location,
    undefined,
  )
})

test('of what introduced itself it can be said, and its page and metadata say so', async (t) => {
  const { app } = await buildServer(t)
  const { body: client } = await registered(app, AGENT)
  const agent = new Agent(app)
  const page = await agent.login(await agent.follow(await agent.get(asking(client.client_id))))
  const offered = [...page.body.matchAll(/<option value="(\d+)">([^<]*)/g)].map(([, , words]) => words)
  assert.deepEqual(offered, ['1 hour', '8 hours', '30 days'])
  const code = answerOf(await agent.submit(page, { decision: 'approve', lifetime: '3600' })).get('code') ?? ''
  assert.equal((await exchanged(app, client.client_id, code)).body.authorization_expires_in, 3600)
  assert.match((await agent.get('/account')).body, /Until /)
  const metadata = (
    await app.inject({
      url: '/.well-known/oauth-authorization-server',
      headers: { host: 'localhost:8000' },
    })
  ).json()
  assert.deepEqual(metadata.refresh_token_expiration_types_supported, ['authorization', 'token_timeout'])
})

test('no end is offered that is longer than the access', async (t) => {
  await assert.rejects(
    oidcServer(t, {}, { consent_lifetimes: [60, 120], grant_max_ttl: 100 }),
    /consent_lifetimes \(client rp\): has 120, but no access lasts longer than grant_max_ttl, 100/,
  )
})
