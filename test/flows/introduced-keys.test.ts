import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { type AddressInfo, createServer } from 'node:net'
import { before, type TestContext, test } from 'node:test'
import type { FastifyInstance } from 'fastify'
import type { Store } from '../../src/store/store.ts'
import { assertion, byAssertion, keyedClient, keyPair, type Pair, refused } from '../support/assertions.ts'
import { Agent, answerOf } from '../support/browser-agent.ts'
import { type DocumentServer, documentServer } from '../support/document-server.ts'
import { onEachStore } from '../support/each-store.ts'
import { buildServer } from '../support/server.ts'
import { registered } from '../support/strangers.ts'
import { direct, type Reply } from '../support/token-client.ts'

const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
const URI = 'https://agent.example/cb'
const SIGNING = {
  client_name: 'Agent',
  redirect_uris: [URI],
  token_endpoint_auth_method: 'private_key_jwt',
}
// OpenID Connect RP Metadata Choices 1.0, as ChatGPT has it.
const EITHER = { ...SIGNING, token_endpoint_auth_methods_supported: ['none', 'private_key_jwt'] }

let own: Pair
let next: Pair
before(async () => {
  own = await keyPair('ES256', 'own')
  next = await keyPair('RS256', 'next')
})

function asking(client_id: string): string {
  const challenge = { code_challenge: hash('sha256', VERIFIER, 'base64url'), code_challenge_method: 'S256' }
  return `/oauth/authorize?${new URLSearchParams({ client_id, redirect_uri: URI, response_type: 'code', ...challenge })}`
}

async function codeFor(
  app: FastifyInstance,
  client_id: string,
  headers: Record<string, string> = {},
): Promise<Record<string, string>> {
  const agent = new Agent(app)
  agent.headers = { ...agent.headers, ...headers }
  const page = await agent.login(await agent.get(asking(client_id)))
  const code =
    answerOf(page.body === '' ? page : await agent.submit(page, { decision: 'approve' })).get('code') ?? ''
  return { grant_type: 'authorization_code', code, redirect_uri: URI, code_verifier: VERIFIER }
}

const serveKeys = (site: DocumentServer, ...pairs: Pair[]) =>
  site.answer('/jwks.json', (response) =>
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ keys: pairs.map(({ jwk }) => jwk) })),
  )

/** Counts who connects, and hangs up. */
async function tcpCounter(t: TestContext) {
  let connections = 0
  const server = createServer((socket) => {
    connections++
    socket.destroy()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo
  return { origin: `http://127.0.0.1:${port}`, connections: () => connections }
}

/** A server, a website beside it, and the requests of a client that is described there. */
async function described(
  t: TestContext,
  document: (site: DocumentServer) => Record<string, unknown>,
  store?: Store,
) {
  const site = await documentServer(t)
  const client_id = site.serve('/client.json', document(site))
  const server = await buildServer(t, store === undefined ? {} : { store, env: { STORE: 'redis' } })
  const { app, clock } = server
  const plainly = (form: Record<string, string>) => direct(app, { client_id, ...form }, { authorization: '' })
  const signed = async (form: Record<string, string>, pair = own): Promise<Reply> =>
    direct(
      app,
      { ...form, ...byAssertion(await assertion(client_id, pair, clock.now)) },
      { authorization: '' },
    )
  const refresh = (refresh_token: string) => ({ grant_type: 'refresh_token', refresh_token })
  return { ...server, site, client_id, plainly, signed, refresh }
}

onEachStore('clients that introduced themselves, with keys', (open) => {
  test('a document with both methods: who signs is checked, who does not is a public client', async (t) => {
    const { app, client_id, plainly, signed, refresh } = await described(
      t,
      (site) => ({ ...EITHER, jwks_uri: serveKeys(site, own) }),
      await open(),
    )
    const first = await plainly(await codeFor(app, client_id))
    assert.equal(first.status, 200, JSON.stringify(first.body))
    const second = await signed(refresh(first.body.refresh_token))
    assert.equal(second.status, 200, JSON.stringify(second.body))
    refused(await signed(refresh(second.body.refresh_token), next), /no key of this client fits/)
    assert.equal((await plainly(refresh(second.body.refresh_token))).status, 200)
  })

  test('a document with keys alone: nothing is let in without a signature', async (t) => {
    const { app, client_id, plainly, signed, refresh } = await described(
      t,
      () => ({ ...SIGNING, jwks: { keys: [own.jwk] } }),
      await open(),
    )
    const code = await codeFor(app, client_id)
    refused(await plainly(code), /must authenticate with a client assertion/)
    const first = await signed(code)
    assert.equal(first.status, 200, JSON.stringify(first.body))
    refused(await plainly(refresh(first.body.refresh_token)), /must authenticate with a client assertion/)
    assert.equal((await signed(refresh(first.body.refresh_token))).status, 200)
  })

  test('of fifty uses of one assertion one is taken', async (t) => {
    const { app, client_id, clock, signed, refresh } = await described(
      t,
      () => ({ ...SIGNING, jwks: { keys: [own.jwk] } }),
      await open(),
    )
    const { body } = await signed(await codeFor(app, client_id))
    const once = byAssertion(await assertion(client_id, own, clock.now))
    const replies = await Promise.all(
      Array.from({ length: 50 }, () =>
        direct(app, { ...refresh(body.refresh_token), ...once }, { authorization: '' }),
      ),
    )
    assert.equal(replies.filter(({ status }) => status === 200).length, 1)
    for (const reply of replies) if (reply.status !== 200) refused(reply, /was used before/)
  })

  test('a registration with keys has one id, writes nothing, and its keys are asked for when somebody has approved it', async (t) => {
    const site = await documentServer(t)
    const { app, clock } = await buildServer(t, { store: await open(), env: { STORE: 'redis' } })
    const jwks_uri = serveKeys(site, own)
    const register = async () => {
      const answer = await app.inject({
        method: 'POST',
        url: '/oauth/register',
        headers: { host: 'localhost:8000', 'content-type': 'application/json' },
        payload: { ...SIGNING, jwks_uri },
      })
      assert.equal(answer.statusCode, 201, answer.body)
      return answer.json()
    }
    const registered = await register()
    const { client_id } = registered
    assert.deepEqual(
      [registered.token_endpoint_auth_method, registered.jwks_uri, registered.client_secret],
      ['private_key_jwt', jwks_uri, undefined],
    )
    assert.equal((await register()).client_id, client_id)
    const signed = async (form: Record<string, string>) =>
      direct(
        app,
        { ...form, ...byAssertion(await assertion(client_id, own, clock.now)) },
        { authorization: '' },
      )
    refused(
      await signed({ grant_type: 'refresh_token', refresh_token: 'rt_x' }),
      /client authentication failed/,
    )
    assert.deepEqual(site.asked, [], 'nothing is asked for a stranger')
    const tokens = await signed(await codeFor(app, client_id))
    assert.equal(tokens.status, 200, JSON.stringify(tokens.body))
    assert.deepEqual(site.asked, ['/jwks.json'])
  })
})

test('keys of a document: the next one is found at its first use, no key is older than a day', async (t) => {
  const { app, site, client_id, clock, signed, refresh } = await described(t, () => ({
    ...SIGNING,
    jwks: { keys: [own.jwk] },
  }))
  let tokens = (await signed(await codeFor(app, client_id))).body
  site.serve('/client.json', { ...SIGNING, jwks: { keys: [next.jwk] } })
  refused(await signed(refresh(tokens.refresh_token), next), /no key of this client fits/)
  clock.now += 31
  const rotated = await signed(refresh(tokens.refresh_token), next)
  assert.equal(rotated.status, 200, JSON.stringify(rotated.body))
  tokens = rotated.body
  refused(await signed(refresh(tokens.refresh_token), own), /no key of this client fits/)
  site.answer('/client.json', (response) => response.writeHead(503).end())
  clock.now += 86_000
  const late = await signed(refresh(tokens.refresh_token), next)
  assert.equal(late.status, 200, JSON.stringify(late.body))
  clock.now += 500
  const out = await signed(refresh(late.body.refresh_token), next)
  assert.deepEqual([out.status, out.body.error], [503, 'temporarily_unavailable'])
  site.serve('/client.json', { ...SIGNING, jwks: { keys: [next.jwk] } })
  clock.now += 30
  assert.equal((await signed(refresh(late.body.refresh_token), next)).status, 200)
})

test('a document that names another algorithm than it was approved with goes on', async (t) => {
  const named = { ...SIGNING, token_endpoint_auth_signing_alg: 'ES256', jwks: { keys: [own.jwk] } }
  const { app, site, client_id, clock, signed, refresh } = await described(t, () => named)
  const { body } = await signed(await codeFor(app, client_id))
  site.serve('/client.json', {
    ...named,
    token_endpoint_auth_signing_alg: 'RS256',
    jwks: { keys: [next.jwk] },
  })
  clock.now += 31
  const rotated = await signed(refresh(body.refresh_token), next)
  assert.equal(rotated.status, 200, JSON.stringify(rotated.body))
})

test('keys that a stranger says are at an address of ours: no connection is made, whatever clients of the file may name', async (t) => {
  const issuer = 'https://id.example'
  const { origin, connections } = await tcpCounter(t)
  const { port } = new URL(origin)
  const { app, clock } = await buildServer(t, {
    env: { ISSUER: issuer, DEMO_HOSTS: 'id.example', ALLOW_PRIVATE_ADDRESSES: 'true' },
    clients: [keyedClient('backend', { jwks_uri: `${origin}/jwks.json` })],
  })
  const signed = async (client_id: string, form: Record<string, string>) =>
    direct(
      app,
      { ...form, ...byAssertion(await assertion(client_id, own, clock.now, { claims: { aud: issuer } })) },
      { authorization: '' },
    )
  const outOfOrder = ({ status, body }: Reply, what: string) =>
    assert.deepEqual([status, body.error], [503, 'temporarily_unavailable'], what)
  for (const host of [
    ...['127.0.0.1', 'localhost', '[::1]', '127.1', '2130706433', '0.0.0.0', '[::ffff:127.0.0.1]'],
    ...['10.0.0.1', '192.168.0.1', '169.254.169.254', '[fd00::1]', '[::ffff:10.0.0.1]'],
  ]) {
    const { body, status } = await registered(app, { ...SIGNING, jwks_uri: `https://${host}:${port}/` })
    assert.equal(status, 201, JSON.stringify(body))
    const code = await codeFor(app, body.client_id, { host: 'id.example', origin: issuer })
    outOfOrder(await signed(body.client_id, code), host)
  }
  assert.equal(connections(), 0)
  outOfOrder(await signed('backend', { grant_type: 'client_credentials' }), 'it hangs up')
  assert.equal(connections(), 1, 'a client of the file reaches what ALLOW_PRIVATE_ADDRESSES opens')
})

test('what cannot be a registration with keys is refused by name', async (t) => {
  const { app } = await buildServer(t)
  const { d: _, ...rest } = own.jwk
  for (const [wrong, reason] of [
    [{}, /needs jwks or jwks_uri/],
    [{ jwks: { keys: [rest] }, jwks_uri: 'https://a.example/' }, /contradict/],
    [{ jwks: { keys: [{ ...own.jwk, d: 'x' }] } }, /private key/],
    [{ jwks: { keys: [] } }, /no key that verifies/],
    [{ jwks: [] }, /not a JSON Web Key Set/],
    [{ jwks: { keys: Array(21).fill(rest) } }, /more than 20/],
    [{ jwks_uri: 'http://a.example/' }, /jwks_uri must be an https URL/],
    [{ jwks_uri: 'https://u:p@a.example/' }, /jwks_uri/],
    [{ jwks_uri: 7 }, /jwks_uri/],
  ] as const) {
    const answer = await app.inject({
      method: 'POST',
      url: '/oauth/register',
      headers: { host: 'localhost:8000', 'content-type': 'application/json' },
      payload: { ...SIGNING, ...wrong },
    })
    assert.deepEqual([answer.statusCode, answer.json().error], [400, 'invalid_client_metadata'])
    assert.match(answer.json().error_description, reason)
  }
})
