import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FastifyInstance } from 'fastify'
import { Agent } from '../support/browser-agent.ts'
import { buildServer } from '../support/server.ts'

const PAGES = [
  '/',
  '/login',
  '/consent',
  '/select-account',
  '/logout',
  '/language',
  '/choose-password',
  '/oauth/authorize',
  '/oauth/logout',
  '/not-allowed',
]
const ACCOUNT = /^\/account(\/|$)/

/** Every route of a server with its methods, from the tree that the instance prints. */
function routesOf(app: FastifyInstance): { method: string; url: string }[] {
  const found: { method: string; url: string }[] = []
  const above: string[] = []
  for (const line of app.printRoutes({ commonPrefix: false }).split('\n')) {
    const [, indent = '', part = '', methods = ''] =
      /^((?:[│ ] {3})*)[├└]── (\S+) \(([A-Z, ]+)\)/.exec(line) ?? []
    if (part === '') continue
    const depth = indent.length / 4
    const url = (above[depth - 1] ?? '') + part
    above.length = depth
    above[depth] = url
    for (const method of methods.split(', ')) if (method !== 'OPTIONS') found.push({ method, url })
  }
  return found
}

test('each route of the server says what its kind says: none is forgotten', async (t) => {
  const { app } = await buildServer(t, {
    env: { ISSUER: 'https://id.example', DEMO_HOSTS: 'id.example', STORE: 'redis' },
    change: (entries) => {
      entries.account_deletion = 'on'
    },
  })
  const routes = routesOf(app)
  assert.ok(routes.length > 40, String(routes.length))
  for (const { method, url } of routes) {
    const { headers } = await app.inject({
      method: method as 'GET',
      url,
      headers: { host: 'id.example' },
    })
    const what = `${method} ${url}`
    assert.equal(headers['x-content-type-options'], 'nosniff', what)
    assert.equal(headers['strict-transport-security'], 'max-age=31536000', what)
    const isPage = PAGES.includes(url) || ACCOUNT.test(url)
    assert.equal(headers['x-frame-options'], isPage ? 'DENY' : undefined, what)
    assert.equal(headers['referrer-policy'], isPage ? 'same-origin' : undefined, what)
    assert.equal(headers['cross-origin-opener-policy'], ACCOUNT.test(url) ? 'same-origin' : undefined, what)
    assert.match(
      String(headers['permissions-policy']),
      isPage ? /camera=\(\).*geolocation=\(\)/ : /undefined/,
      what,
    )
    assert.doesNotMatch(String(headers['permissions-policy']), /publickey/, what)
    const isOwn = isPage || url.startsWith('/assets/')
    assert.equal(headers['cross-origin-resource-policy'], isOwn ? 'same-origin' : undefined, what)
    if (isPage) assert.equal(headers['cache-control'], 'no-store', what)
  }
})

test('on plain http nothing is said of https', async (t) => {
  const { app } = await buildServer(t)
  assert.equal((await new Agent(app).get('/login')).headers['strict-transport-security'], undefined)
})
