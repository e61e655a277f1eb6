import assert from 'node:assert/strict'
import { test } from 'node:test'
import { routePath } from '../../src/http/route-paths.ts'
import { Agent, WALK } from '../support/browser-agent.ts'
import { buildServer } from '../support/server.ts'

const routes = new Map(
  ['/auth/', '/auth/oauth/authorize', '/.well-known/openid-configuration/auth', '/healthz'].map((url) => [
    url,
    ['GET'],
  ]),
)

test('a path that a proxy has cut short is put together again; what is a route stays as it is', () => {
  const at = routePath('/auth', routes)
  for (const url of routes.keys()) assert.equal(at(`${url}?a=/b`), `${url}?a=/b`)
  assert.equal(at('/oauth/authorize?a=/b'), '/auth/oauth/authorize?a=/b')
  assert.equal(at('/'), '/auth/')
  assert.equal(at('/oauth/nothing'), '/oauth/nothing')
  assert.equal(routePath('', routes)('/oauth/authorize'), '/oauth/authorize')
})

test("an issuer's path that begins as our own paths do is told from them", () => {
  const at = routePath('/oauth', new Map([['/oauth/oauth/authorize', ['GET']]]))
  assert.equal(at('/oauth/oauth/authorize'), '/oauth/oauth/authorize')
  assert.equal(at('/oauth/authorize'), '/oauth/oauth/authorize')
})

const ENV = { ISSUER: 'https://id.example/auth', DEMO_HOSTS: 'id.example' }

for (const [proxy, prefix] of [
  ['keeps', '/auth'],
  ['takes off', ''],
] as const)
  test(`behind a proxy that ${proxy} the prefix everything is served, with the issuer's addresses`, async (t) => {
    const { app } = await buildServer(t, { env: ENV })
    const headers = { host: 'id.example' }
    const get = (url: string) => app.inject({ url: prefix + url, headers })
    for (const name of ['openid-configuration', 'oauth-authorization-server']) {
      const document = (await get(`/.well-known/${name}`)).json()
      assert.equal(document.issuer, ENV.ISSUER)
      assert.equal(document.token_endpoint, `${ENV.ISSUER}/oauth/tokenize`)
    }
    assert.equal((await get('/oauth/jwks')).statusCode, 200)
    const page = await get('/login')
    assert.match(page.body, /action="\/auth\/login"/)
    const [, stylesheet = ''] = /href="\/auth(\/assets\/[^"]+\.css[^"]*)"/.exec(page.body) ?? []
    assert.equal((await get(stylesheet)).statusCode, 200)
    assert.equal((await get('/')).statusCode, 200)
    const turned = await app.inject({ method: 'POST', url: `${prefix}/oauth/authorize?a=b`, headers })
    assert.equal(turned.headers.location, '/auth/oauth/authorize?a=b')
    const preflight = await app.inject({ method: 'OPTIONS', url: `${prefix}/oauth/tokenize`, headers })
    assert.equal(preflight.statusCode, 204)
    assert.equal((await app.inject({ method: 'PUT', url: `${prefix}/oauth/jwks`, headers })).statusCode, 405)
    assert.equal((await get('/oauth/nothing')).statusCode, 404)
  })

test('somebody who comes by another name is sent to the address that the issuer has', async (t) => {
  const { app } = await buildServer(t, { env: { ISSUER: 'http://localhost:8000/auth' } })
  const { headers } = await app.inject({ url: '/login?x=1', headers: { host: '127.0.0.1:8000' } })
  assert.equal(headers.location, 'http://localhost:8000/auth/login?x=1')
})

test('a whole walk behind a proxy that takes the prefix off', async (t) => {
  const { app } = await buildServer(t, { env: { ISSUER: 'http://localhost:8000/auth' } })
  const agent = new Agent(app)
  agent.cut = '/auth'
  const answer = await agent.authorize(`/auth${WALK}`)
  assert.equal(answer.get('iss'), 'http://localhost:8000/auth')
  assert.ok(answer.get('code'))
})
