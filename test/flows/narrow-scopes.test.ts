import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryStore } from '../../src/store/memory.ts'
import type { Store } from '../../src/store/store.ts'
import { AUTHORIZATION, ISSUER, oidcServer, refresh, tokens, userinfo, verified } from '../support/oidc.ts'
import { RedisServer } from '../support/redis.ts'
import { openRedis } from '../support/redis-store.ts'
import { direct, introspect } from '../support/token-client.ts'

const NAMES = Array.from({ length: 40 }, (_, at) => `https://api.example/of-many/${at}`)
const SCOPE = `openid email ${NAMES.join(' ')}`

for (const access_token_format of ['opaque', 'jwt'] as const) {
  test(`RFC 6749 §6, ${access_token_format}: any number of narrow tokens at once, each good for its own scope`, async (t) => {
    const store = new MemoryStore()
    const rp = { scope: SCOPE, access_token_format }
    const { app, log, clock } = await oidcServer(t, { store }, rp)
    const asked = async (scope: string | undefined, refresh_token: string) => {
      const { status, body } = await refresh(app, refresh_token, scope && { scope })
      assert.equal(status, 200, `${scope} ${JSON.stringify(body)}`)
      assert.ok(body.expires_in === 300 && body.refresh_token_expires_in > 0)
      return body
    }
    const scopeOf = async (token: string, at = app) => (await introspect(at, token, AUTHORIZATION)).body.scope
    let last = await tokens(app, { scope: SCOPE })
    const given: { scope: string; token: string }[] = [{ scope: SCOPE, token: last.access_token }]
    for (const scope of [...NAMES, 'openid', 'openid email', NAMES.slice(3, 30).join(' ')]) {
      last = await asked(scope, last.refresh_token)
      assert.equal(last.scope, scope)
      given.push({ scope, token: last.access_token })
    }
    last = await asked(undefined, last.refresh_token)
    given.push({ scope: SCOPE, token: last.access_token })
    for (const { scope, token } of given) assert.equal(await scopeOf(token), scope)

    // Narrow at userinfo too.
    const [plain = '', mail = ''] = given.slice(-4, -2).map(({ token }) => token)
    assert.deepEqual((await userinfo(app, plain)).json(), { sub: 'sub-alice' })
    assert.equal((await userinfo(app, mail)).json().email, 'alice@example.com')
    assert.equal((await userinfo(app, given[40]?.token ?? '')).statusCode, 403)
    if (access_token_format === 'jwt') {
      const claims = await verified(app, mail, { audience: ISSUER, typ: 'at+jwt' })
      assert.equal(claims.scope, 'openid email')
    }

    // A repeated answer is as narrow; one that asks for more than was granted is refused as ever.
    const before = last.refresh_token
    const once = await asked(NAMES[39], before)
    const again = await asked(NAMES[38], before)
    assert.equal(again.refresh_token, once.refresh_token)
    assert.deepEqual(
      [await scopeOf(once.access_token), await scopeOf(again.access_token)],
      [NAMES[39], NAMES[38]],
    )
    assert.notEqual((await refresh(app, once.refresh_token, { scope: 'profile' })).body.scope, 'profile')

    // Revoked alone (RFC 7009 §2.1); what the client may no longer have is gone from it.
    await direct(app, { token: once.access_token }, { url: '/oauth/revoke', authorization: AUTHORIZATION })
    assert.equal(await scopeOf(once.access_token), undefined)
    assert.equal(await scopeOf(again.access_token), NAMES[38])
    const narrower = await oidcServer(t, { store }, { ...rp, scope: `openid ${NAMES[0]}` })
    assert.equal((await introspect(narrower.app, mail, AUTHORIZATION)).body.scope, 'openid')
    assert.equal((await introspect(narrower.app, again.access_token, AUTHORIZATION)).body.scope, '')
    assert.equal((await userinfo(narrower.app, again.access_token)).statusCode, 403)

    clock.now += 300
    for (const { token } of given) assert.equal(await scopeOf(token), undefined)
    assert.ok(log.every(({ level }) => level !== 'error'))
  })
}

for (const name of ['memory', 'Redis'] as const) {
  test(`${name}: fifty refreshes of one token at once, each for another scope, are fifty narrow tokens`, async (t) => {
    let store: Store = new MemoryStore()
    if (name === 'Redis') {
      const redis = await RedisServer.start()
      t.after(() => redis.remove())
      store = await openRedis(redis.url)
    }
    const { app, clock } = await oidcServer(t, { store }, { scope: SCOPE })
    const { refresh_token } = await tokens(app, { scope: SCOPE })
    const asked = Array.from({ length: 50 }, (_, at) =>
      at < 40 ? NAMES[at] : NAMES.slice(at - 40, at).join(' '),
    )
    const given = await Promise.all(asked.map((scope) => refresh(app, refresh_token, { scope })))
    for (const [at, { status, body }] of given.entries()) {
      assert.deepEqual([status, body.scope], [200, asked[at]], JSON.stringify(body))
      assert.equal(body.refresh_token, given[0]?.body.refresh_token, 'one successor')
      assert.equal((await introspect(app, body.access_token, AUTHORIZATION)).body.scope, asked[at])
    }
    clock.now += 299
    for (const { body } of given)
      assert.equal((await introspect(app, body.access_token, AUTHORIZATION)).body.active, true)
  })
}
