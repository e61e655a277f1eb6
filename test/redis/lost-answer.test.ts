import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { REPLACE } from '../../src/store/redis-scripts.ts'
import { CuttingProxy } from '../support/cutting-proxy.ts'
import { RedisServer } from '../support/redis.ts'
import { openRedis } from '../support/redis-store.ts'
import { buildServer } from '../support/server.ts'
import { direct, exchange, freshCode, freshTokens, introspect, refresh } from '../support/token-client.ts'

let redis: RedisServer
let proxy: CuttingProxy
before(async () => {
  redis = await RedisServer.start()
  proxy = await CuttingProxy.start(redis.port)
})
after(async () => {
  await proxy.stop()
  await redis.remove()
})

const isReplace = (sent: string) => sent.includes(REPLACE.sha) || sent.includes('EVAL\r\n')

for (const grace of ['10', '0']) {
  test(`the answer to a rotation is lost, grace ${grace}: answered from the record, one lineage, no accusation`, async (t) => {
    const store = await openRedis(proxy.url)
    const { app, log } = await buildServer(t, { store, env: { REFRESH_TOKEN_GRACE: grace } })
    const first = await freshTokens(app)
    const warm = await refresh(app, first.refresh_token)
    const cuts = proxy.cuts
    proxy.cutNext(isReplace)
    const answer = await refresh(app, warm.body.refresh_token)
    assert.equal(proxy.cuts, cuts + 1)
    assert.equal(answer.status, 200)
    assert.equal((await introspect(app, answer.body.access_token)).body.active, true)
    assert.equal((await introspect(app, answer.body.refresh_token)).body.active, true)
    assert.equal((await introspect(app, warm.body.refresh_token)).body.active, false)
    assert.equal((await refresh(app, answer.body.refresh_token)).status, 200)
    assert.deepEqual(
      log.filter(({ event }) => event === 'refresh_reuse_detected'),
      [],
    )
  })
}

test('the answer to a redemption is lost: the code gives its tokens, once', async (t) => {
  const { app, log } = await buildServer(t, { store: await openRedis(proxy.url) })
  await freshTokens(app)
  const code = await freshCode(app)
  proxy.cutNext(isReplace)
  const answer = await exchange(app, code)
  assert.equal(answer.status, 200)
  assert.equal((await introspect(app, answer.body.access_token)).body.active, true)
  assert.deepEqual(
    log.filter(({ event }) => event === 'code_reuse_detected'),
    [],
  )
  assert.equal((await exchange(app, code)).body.error, 'invalid_grant')
})

test('the answer to a deletion is lost: the revocation is repeated until it is sure', async (t) => {
  const { app } = await buildServer(t, { store: await openRedis(proxy.url) })
  const tokens = await freshTokens(app)
  proxy.cutNext((sent) => sent.includes('\r\nDEL\r\n'))
  const { status } = await direct(app, { token: tokens.refresh_token }, { url: '/oauth/revoke' })
  assert.equal(status, 200)
  assert.equal((await introspect(app, tokens.access_token)).body.active, false)
})
