import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { freePort, listen } from '../support/listen.ts'

// What a browser sends for a script of another origin, over a real connection (Fetch standard, CORS protocol).

const ORIGIN = 'https://inspector.example'
const ASKED = 'content-type, mcp-protocol-version, x-trace'

interface Answer {
  status: number
  headers: IncomingHttpHeaders
  body: string
}

/** One request to a port of this machine, whose `Host` names the issuer. */
type Call = (method: string, path: string, headers?: Record<string, string>, body?: string) => Promise<Answer>

function caller(port: number, host: string): Call {
  return async (method, path, headers = {}, body) => {
    const call = request({ port, host: '127.0.0.1', method, path, headers: { host, ...headers } })
    call.end(body)
    const [response] = await once(call, 'response')
    return { status: response.statusCode, headers: response.headers, body: await text(response) }
  }
}

/** A proxy in front that takes `cut` off each path which begins with it, and changes nothing else. */
async function proxied(t: TestContext, port: number, cut: string): Promise<number> {
  const proxy = createServer((incoming, outgoing) => {
    const { url = '/', method, headers } = incoming
    const path = cut !== '' && url.startsWith(`${cut}/`) ? url.slice(cut.length) : url
    const onwards = request({ port, host: '127.0.0.1', method, path, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.rawHeaders)
      answer.pipe(outgoing)
    })
    incoming.pipe(onwards)
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  t.after(() => proxy.close())
  return (proxy.address() as AddressInfo).port
}

/** A server whose issuer has this path, directly and behind the two kinds of proxy. */
async function serverAt(t: TestContext, path: string) {
  const port = await freePort()
  const env = { PORT: String(port), ISSUER: `http://localhost:${port}${path}` }
  const { issuer } = await listen(t, { env })
  const { host } = new URL(issuer)
  const ways = { directly: port, kept: await proxied(t, port, ''), 'taken off': await proxied(t, port, path) }
  return { issuer, ways: Object.entries(ways).map(([way, at]) => ({ way, call: caller(at, host) })) }
}

function documentsOf(path: string): { metadata: string[]; others: string[] } {
  const names = ['oauth-authorization-server', 'openid-configuration']
  const metadata = names.flatMap((name) => [`/.well-known/${name}${path}`, `${path}/.well-known/${name}`])
  const resource = `/.well-known/oauth-protected-resource${path}`
  return { metadata, others: [resource, `${resource}/oauth/userinfo`, `${path}/oauth/jwks`] }
}

const directOf = (path: string) =>
  ['tokenize', 'revoke', 'introspect', 'register', 'userinfo'].map((name) => `${path}/oauth/${name}`)

for (const path of ['', '/t', '/a/b.c'])
  test(`M1: the same bytes at every address of the metadata, whatever is in front; issuer path '${path}'`, async (t) => {
    const { issuer, ways } = await serverAt(t, path)
    const { metadata, others } = documentsOf(path)
    const bodies = new Map<string, Set<string>>()
    for (const { way, call } of ways)
      for (const url of [...metadata, ...others]) {
        const { status, headers, body } = await call('GET', url, { origin: ORIGIN })
        assert.equal(status, 200, `${way} ${url}`)
        assert.match(String(headers['content-type']), /^application\/(jwk-set\+)?json/)
        assert.equal(headers['access-control-allow-origin'], '*')
        assert.equal((await call('HEAD', url)).headers['content-length'], String(Buffer.byteLength(body)))
        const document = metadata.includes(url) ? 'metadata' : url
        bodies.set(document, (bodies.get(document) ?? new Set()).add(body))
      }
    for (const [document, seen] of bodies) assert.equal(seen.size, 1, document)
    const [body = ''] = bodies.get('metadata') ?? []
    const document = JSON.parse(body)
    assert.equal(document.issuer, issuer)
    assert.deepEqual(document.code_challenge_methods_supported, ['S256'])
    assert.ok(document.token_endpoint_auth_methods_supported.includes('none'))
    for (const name of ['authorization_endpoint', 'token_endpoint', 'registration_endpoint', 'jwks_uri'])
      assert.ok(document[name].startsWith(`${issuer}/`), name)
    // What clients check of a document of OpenID Connect before they read it.
    assert.ok(document.subject_types_supported.length > 0)
    assert.ok(document.id_token_signing_alg_values_supported.includes('RS256'))
    for (const [at, resource] of [
      [others[0] as string, issuer],
      [others[1] as string, `${issuer}/oauth/userinfo`],
    ] as const) {
      const [found = ''] = bodies.get(at) ?? []
      assert.deepEqual(
        [JSON.parse(found).resource, JSON.parse(found).authorization_servers],
        [resource, [issuer]],
      )
    }
  })

for (const path of ['', '/t'])
  test(`a preflight: 204 with what the browser asked for, and no credentials; issuer path '${path}'`, async (t) => {
    const { ways } = await serverAt(t, path)
    const { metadata, others } = documentsOf(path)
    for (const { way, call } of ways)
      for (const url of [...metadata, ...others, ...directOf(path)]) {
        const method = directOf(path).includes(url) ? 'POST' : 'GET'
        const asks = { 'access-control-request-method': method, 'access-control-request-headers': ASKED }
        const { status, headers, body } = await call('OPTIONS', url, { origin: ORIGIN, ...asks })
        assert.deepEqual([status, body], [204, ''], `${way} ${url}`)
        assert.equal(headers['access-control-allow-origin'], '*')
        assert.ok(list(headers['access-control-allow-methods']).includes(method), url)
        for (const name of [...list(ASKED), 'authorization'])
          assert.ok(list(headers['access-control-allow-headers']).includes(name), `${url} ${name}`)
        // RFC 9110 §8.6, and nothing that would make it an answer to somebody.
        for (const name of ['content-length', 'access-control-allow-credentials', 'set-cookie'])
          assert.equal(headers[name], undefined, `${url} ${name}`)
      }
  })

test('a script may read every answer that it gets, refusals too', async (t) => {
  const { ways } = await serverAt(t, '')
  const [{ call } = { call: caller(0, '') }] = ways
  const form = { origin: ORIGIN, 'content-type': 'application/x-www-form-urlencoded' }
  const json = { origin: ORIGIN, 'content-type': 'application/json' }
  const uris = JSON.stringify({ redirect_uris: ['http://127.0.0.1/cb'] })
  for (const [status, url, headers, body] of [
    [201, '/oauth/register', json, uris],
    [400, '/oauth/register', json, '{}'],
    [400, '/oauth/register', json, '{'],
    [413, '/oauth/register', json, `{"x":"${'y'.repeat(20_000)}"}`],
    [415, '/oauth/register', { ...json, 'content-type': 'text/plain' }, 'x'],
    [401, '/oauth/tokenize', form, 'grant_type=refresh_token&refresh_token=x&client_id=unknown'],
    [401, '/oauth/revoke', form, 'token=x'],
    [401, '/oauth/introspect', form, 'token=x'],
    [401, '/oauth/userinfo', form, ''],
  ] as const) {
    const answer = await call('POST', url, headers, body)
    assert.equal(answer.status, status, `${url} ${answer.body}`)
    assert.equal(answer.headers['access-control-allow-origin'], '*', url)
    assert.equal(answer.headers['access-control-allow-credentials'], undefined)
    assert.match(String(answer.headers['access-control-expose-headers']), /www-authenticate/)
    assert.equal(answer.headers['set-cookie'], undefined)
  }
})

for (const path of ['', '/t'])
  test(`pages answer no script of another origin, nor its preflight; issuer path '${path}'`, async (t) => {
    const { ways } = await serverAt(t, path)
    const pages = [
      '/',
      '/login',
      '/consent',
      '/select-account',
      '/logout',
      '/oauth/authorize',
      '/oauth/logout',
    ]
    for (const { way, call } of ways)
      for (const url of pages)
        for (const method of ['OPTIONS', 'GET', 'POST']) {
          const asks = { 'access-control-request-method': 'POST', 'access-control-request-headers': ASKED }
          const { status, headers } = await call(method, path + url, { origin: ORIGIN, ...asks })
          const named = Object.keys(headers).filter((name) => name.startsWith('access-control-'))
          assert.deepEqual(named, [], `${way} ${method} ${url}`)
          if (method === 'OPTIONS') assert.equal(status, 405, url)
        }
  })

function list(header: string | undefined): string[] {
  return (header ?? '').split(',').map((one) => one.trim())
}
