import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ClientEntry } from '../../src/config/schema.ts'
import { Agent } from '../support/browser-agent.ts'
import { AUTHORIZATION, authorize, exchange, ISSUER, oidcServer, refresh, verified } from '../support/oidc.ts'
import { basic, direct, introspect } from '../support/token-client.ts'

const SHORT: Partial<ClientEntry> = { grant_max_ttl: 10, authorization_code_ttl: 60, scope: 'openid email' }

for (const format of ['opaque', 'jwt'] as const) {
  for (const response_type of ['code', 'code token', 'code id_token token']) {
    test(`nothing is issued that has ended: ${response_type}, ${format}, grant_max_ttl shorter than the code's`, async (t) => {
      const { app, clock } = await oidcServer(t, {}, { ...SHORT, access_token_format: format })
      const agent = new Agent(app)
      const asked = async () => {
        const { parameters } = await authorize(agent, { response_type, scope: 'openid email' })
        const expires_in = parameters.get('expires_in')
        if (response_type !== 'code') assert.equal(expires_in, '10')
        return parameters
      }
      const [early, late, later] = [await asked(), await asked(), await asked()]
      const start = clock.now
      clock.now = start + 9
      const { status, body } = await exchange(app, early.get('code') ?? '')
      assert.equal(status, 200)
      assert.deepEqual([body.expires_in, body.refresh_token_expires_in], [1, 1])
      if (format === 'jwt') {
        const now = clock.now
        const claims = await verified(app, body.access_token, { audience: ISSUER, typ: 'at+jwt', now })
        assert.ok(Number(claims.exp) > Number(claims.iat))
      }
      const replayed = await refresh(app, body.refresh_token)
      const again = await refresh(app, body.refresh_token)
      for (const { body } of [replayed, again])
        assert.deepEqual([body.expires_in, body.refresh_token_expires_in], [1, 1])
      for (const [at, parameters] of [
        [10, late],
        [59, later],
      ] as const) {
        clock.now = start + at
        const refused = await exchange(app, parameters.get('code') ?? '')
        assert.deepEqual([refused.status, refused.body.error], [400, 'invalid_grant'], String(at))
        assert.equal((await refresh(app, replayed.body.refresh_token)).body.error, 'invalid_grant')
        const token = parameters.get('access_token') ?? body.access_token
        assert.deepEqual((await introspect(app, token, AUTHORIZATION)).body, { active: false })
      }
    })
  }
}

test('every lifetime of one second is one second: implicit, password, client_credentials, both formats', async (t) => {
  for (const access_token_format of ['opaque', 'jwt'] as const) {
    const one: Partial<ClientEntry> = {
      access_token_ttl: 1,
      refresh_token_ttl: 1,
      authorization_code_ttl: 1,
      grant_max_ttl: 1,
      access_token_format,
    }
    const { app } = await oidcServer(
      t,
      {
        clients: [
          { client_id: 'svc', client_secret: 'password', grant_types: ['client_credentials'], ...one },
        ],
      },
      { ...one, grant_types: ['authorization_code', 'refresh_token', 'implicit', 'password'] },
    )
    const password = { grant_type: 'password', username: 'alice', password: 'wonderland', scope: 'openid' }
    for (const [form, authorization] of [
      [password, AUTHORIZATION],
      [{ grant_type: 'client_credentials' }, basic('svc', 'password')],
    ] as const) {
      const { status, body } = await direct(app, form, { authorization })
      assert.equal(status, 200, JSON.stringify(body))
      assert.equal(body.expires_in, 1)
      assert.equal(body.refresh_token_expires_in ?? 1, 1)
    }
    const { parameters } = await authorize(new Agent(app), { response_type: 'id_token token' })
    assert.equal(parameters.get('expires_in'), '1')
  }
})
