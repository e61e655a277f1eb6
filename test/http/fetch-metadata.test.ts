import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Agent, WALK } from '../support/browser-agent.ts'
import { oidcServer, tokens } from '../support/oidc.ts'
import { buildServer, type TestServer } from '../support/server.ts'

const HOST = { host: 'localhost:8000' }

const issued = ({ log }: TestServer) => log.filter(({ event }) => event === 'code_issued').length

test('Fetch Metadata: with a session the authorization endpoint answers a page, a frame with prompt=none, and nothing else', async (t) => {
  const server = await buildServer(t)
  const agent = new Agent(server.app)
  await agent.authorize()
  const ask = async (headers: Record<string, string>, url = WALK) => {
    agent.headers = { ...HOST, ...headers }
    const before = issued(server)
    const { statusCode, headers: answer } = await agent.get(url)
    return [statusCode, 'location' in answer, issued(server) - before]
  }
  const ANSWERED = [303, true, 1]
  const REFUSED = [403, false, 0]
  for (const site of ['none', 'same-origin', 'same-site', 'cross-site']) {
    const from = (dest: string, more = {}) => ({ 'sec-fetch-site': site, 'sec-fetch-dest': dest, ...more })
    assert.deepEqual(await ask(from('document')), ANSWERED, site)
    for (const dest of [
      'empty',
      'image',
      'style',
      'script',
      'object',
      'embed',
      'iframe',
      'frame',
      'fencedframe',
    ])
      assert.deepEqual(await ask(from(dest)), REFUSED, `${site} ${dest}`)
    for (const dest of ['iframe', 'frame'])
      assert.deepEqual(await ask(from(dest), `${WALK}&prompt=none`), ANSWERED, `${site} ${dest}`)
    for (const dest of ['empty', 'image', 'object', 'embed'])
      assert.deepEqual(await ask(from(dest), `${WALK}&prompt=none`), REFUSED, `${site} ${dest}`)
    for (const purpose of ['prefetch', 'prefetch;prerender', 'prefetch;anonymous-client-ip'])
      assert.deepEqual(await ask(from('document', { 'sec-purpose': purpose })), REFUSED, purpose)
    assert.deepEqual(await ask(from('iframe', { 'sec-purpose': 'prefetch' }), `${WALK}&prompt=none`), REFUSED)
  }
  assert.deepEqual(await ask({ 'sec-fetch-site': 'same-site' }), REFUSED, 'no word on what for')
  for (const name of ['purpose', 'x-moz']) assert.deepEqual(await ask({ [name]: 'prefetch' }), REFUSED, name)
})

test('what sends no Sec-Fetch-Site is answered: old browsers, and the fetch of Node, which sends Sec-Fetch-Mode alone', async (t) => {
  const server = await buildServer(t)
  const agent = new Agent(server.app)
  await agent.authorize()
  for (const headers of [{}, { 'sec-fetch-mode': 'cors' }] as Record<string, string>[]) {
    agent.headers = { ...HOST, ...headers }
    assert.equal((await agent.get(WALK)).statusCode, 303)
  }
})

test('without a session a script gets what everybody gets: the login page, or login_required', async (t) => {
  const { app } = await buildServer(t)
  const agent = new Agent(app)
  agent.headers = { ...HOST, 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'empty' }
  assert.equal((await agent.get(WALK)).statusCode, 200)
  const { location } = (await agent.get(`${WALK}&prompt=none`)).headers
  assert.match(String(location), /error=login_required/)
})

test('a link to log out that a browser loads ahead logs nobody out', async (t) => {
  const { app } = await oidcServer(t)
  const agent = new Agent(app)
  const { id_token } = await tokens(app, {}, agent)
  agent.headers = { ...HOST, 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'document' }
  const url = `/oauth/logout?${new URLSearchParams({ id_token_hint: id_token })}`
  agent.headers['sec-purpose'] = 'prefetch;prerender'
  assert.equal((await agent.get(url)).statusCode, 403)
  delete agent.headers['sec-purpose']
  assert.match((await agent.get('/account')).body, /You are logged in/)
  assert.equal((await agent.get(url)).statusCode, 303)
  assert.match((await agent.get('/')).body, /Log in to see which apps have access/)
})
