import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import type { Response } from 'light-my-request'
import { Agent } from '../../support/browser-agent.ts'
import { FaultyMemoryStore } from '../../support/faulty-store.ts'
import { buildServer } from '../../support/server.ts'

// Clients compare `iss` with the metadata's issuer as texts (RFC 9207 §2.4, RFC 3986 §6.2.1), and refuse an answer with another one,
// with none, or with two.

const REDIRECT = 'https://app.example/cb'
const CLIENT = {
  client_id: 'app',
  redirect_uris: [REDIRECT, `${REDIRECT}?tenant=a%20b`],
  grant_types: ['authorization_code' as const, 'implicit' as const],
  response_types: ['code' as const, 'code id_token' as const],
  scope: 'openid email',
}

async function serverOf(t: TestContext, issuer: string) {
  const { host, hostname, pathname } = new URL(issuer)
  const store = new FaultyMemoryStore()
  const env = { ISSUER: issuer, ...(hostname !== 'localhost' && { DEMO_HOSTS: hostname }) }
  const { app } = await buildServer(t, { env, clients: [CLIENT], store })
  const base = pathname === '/' ? '' : pathname
  const headers = { host }
  const agent = new Agent(app)
  agent.headers = headers
  const get = (more: Record<string, string>) => {
    const query = new URLSearchParams({
      ...{ client_id: 'app', redirect_uri: REDIRECT, response_type: 'code', state: 's', scope: 'openid' },
      ...{ code_challenge: hash('sha256', 'v'.repeat(43), 'base64url'), code_challenge_method: 'S256' },
      ...more,
    })
    return agent.get(`${base}/oauth/authorize?${query}`)
  }
  const url = `${base}/.well-known/openid-configuration`
  const metadata = (await app.inject({ url, headers })).json()
  return { agent, get, metadata, store }
}

/** The parameters of an answer, however it travels. */
function sent({ statusCode, headers, body }: Response): URLSearchParams {
  if (statusCode === 200) {
    const fields = [...body.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)]
    assert.ok(fields.length > 0, body)
    return new URLSearchParams(fields.map(([, name = '', value = '']) => [name, value]))
  }
  assert.equal(statusCode, 303, body)
  const { hash: fragment, searchParams } = new URL(String(headers.location))
  return fragment === '' ? searchParams : new URLSearchParams(fragment.slice(1))
}

for (const issuer of [
  'http://localhost:8000',
  'https://id.example',
  'https://id.example:8443',
  'https://id.example/tenant',
  'https://id.example:8443/a.b_c~d/T-1',
])
  test(`M2: every answer has one iss, the metadata's issuer byte for byte: ${issuer}`, async (t) => {
    const { agent, get, metadata, store } = await serverOf(t, issuer)
    assert.equal(metadata.issuer, issuer)
    assert.equal(metadata.authorization_response_iss_parameter_supported, true)
    const check = (response: Response, has: string) => {
      const parameters = sent(response)
      assert.deepEqual(parameters.getAll('iss'), [issuer], has)
      assert.ok(parameters.has(has) || parameters.get('error') === has, `${has}: ${parameters}`)
    }
    check(await get({ prompt: 'none' }), 'login_required')
    for (const [more, error] of [
      [{ scope: 'admin' }, 'invalid_scope'],
      [{ response_type: 'token' }, 'unauthorized_client'],
      [{ response_type: 'saml' }, 'unsupported_response_type'],
      [{ resource: 'no-uri' }, 'invalid_target'],
      [{ code_challenge: 'short' }, 'invalid_request'],
      [{ request: 'e30.e30.' }, 'request_not_supported'],
      [{ redirect_uri: `${REDIRECT}?tenant=a%20b`, scope: 'admin' }, 'invalid_scope'],
      [{ response_type: 'code id_token' }, 'invalid_request'],
      [{ response_mode: 'fragment', scope: 'admin' }, 'invalid_scope'],
    ] as [Record<string, string>, string][])
      check(await get(more), error)
    check(await agent.submit(await agent.login(await get({})), { decision: 'deny' }), 'access_denied')
    check(await agent.submit(await get({}), { decision: 'approve' }), 'code')
    check(await get({ prompt: 'none' }), 'code')
    check(await get({ redirect_uri: `${REDIRECT}?tenant=a%20b` }), 'code')
    check(await get({ response_type: 'code id_token', nonce: 'n' }), 'id_token')
    check(await get({ response_mode: 'form_post' }), 'code')
    check(await get({ response_mode: 'form_post', scope: 'admin' }), 'error')
    check(await get({ prompt: 'none', scope: 'openid email' }), 'consent_required')
    store.fault = () => 'before'
    check(await get({ prompt: 'none' }), 'temporarily_unavailable')
  })
