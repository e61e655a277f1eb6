import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { buildServer } from '../support/server.ts'

const REL = 'http://openid.net/specs/connect/1.0/issuer'

async function server(t: TestContext, env: Record<string, string> = {}) {
  const change = (entries: { webfinger_domains?: string[] }) => {
    entries.webfinger_domains = ['Example.com']
  }
  const { app } = await buildServer(t, { env, change })
  return (query: string, host = 'localhost') =>
    app.inject({ url: `/.well-known/webfinger${query}`, headers: { host } })
}

test('RFC 7033 §4.4: the issuer for an address of a configured domain, whoever it is', async (t) => {
  const get = await server(t)
  for (const who of ['acct:admin@example.com', 'acct:nobody@EXAMPLE.com']) {
    const answer = await get(`?${new URLSearchParams({ resource: who, rel: REL })}`)
    assert.equal(answer.statusCode, 200)
    assert.match(String(answer.headers['content-type']), /^application\/jrd\+json/)
    assert.equal(answer.headers['access-control-allow-origin'], '*')
    assert.deepEqual(answer.json(), { subject: who, links: [{ rel: REL, href: 'http://localhost:8000' }] })
  }
  const others = `?${new URLSearchParams([
    ['resource', 'acct:a@example.com'],
    ['rel', 'x'],
    ['rel', 'y'],
  ])}`
  assert.deepEqual((await get(others)).json().links, [])
})

test('another domain or resource is 404, none is 400, and without domains there is no such address', async (t) => {
  const get = await server(t)
  for (const resource of [
    'acct:a@other.com',
    'acct:a@b@example.com',
    'https://example.com/',
    'acct:@example.com',
    'x',
  ])
    assert.equal((await get(`?${new URLSearchParams({ resource })}`)).statusCode, 404, resource)
  assert.equal((await get('')).statusCode, 400)
  const { app } = await buildServer(t)
  assert.equal(
    (
      await app.inject({
        url: '/.well-known/webfinger?resource=acct:a@example.com',
        headers: { host: 'localhost' },
      })
    ).statusCode,
    404,
  )
})

test('it is at the root of the host also if the issuer has a path', async (t) => {
  const get = await server(t, { ISSUER: 'https://id.example/auth', DEMO_HOSTS: 'id.example' })
  const answer = await get('?resource=acct:a@example.com', 'id.example')
  assert.equal(answer.json().links[0].href, 'https://id.example/auth')
})
