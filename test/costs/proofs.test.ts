import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { ClientEntry } from '../../src/config/schema.ts'
import { MemoryStore } from '../../src/store/memory.ts'
import { assertion, byAssertion, keyedClient, keyPair } from '../support/assertions.ts'
import { Agent, answerOf, WALK } from '../support/browser-agent.ts'
import { countingCrypto, type Proof } from '../support/counting-crypto.ts'
import { countingStore } from '../support/counting-store.ts'
import { buildServer } from '../support/server.ts'
import { basic, direct, exchange, freshTokens, introspect, refresh } from '../support/token-client.ts'

/** What one request may cost beside what the framework does. What is not named may not happen at all. */
type Bound = Partial<Record<Proof, number>> & { calls: number; waits: number }

const SERVICE = basic('service', 'password')
const CLIENTS = [
  { client_id: 'service', client_secret: 'password', grant_types: ['client_credentials' as const] },
  {
    client_id: 'service-jwt',
    client_secret: 'password',
    grant_types: ['client_credentials' as const],
    access_token_format: 'jwt' as const,
  },
]

/** A server whose work is counted, and a function that holds the second run of `request` against a bound. */
async function counted(t: TestContext, more: ClientEntry[] = []) {
  const count = countingCrypto(t)
  const { store, waits, calls } = countingStore(new MemoryStore())
  const server = await buildServer(t, { store, clients: [...CLIENTS, ...more] })

  /** `request` is run twice: the first time something may be made that is kept. */
  async function holds(what: string, bound: Bound, request: () => Promise<unknown>): Promise<void> {
    const all = () => ({ ...count(), calls: calls(), waits: waits() })
    await request()
    all()
    await request()
    const cost = all()
    t.diagnostic(`${what}: ${JSON.stringify(cost)}`)
    for (const [kind, most] of Object.entries({ ...NOTHING, ...bound })) {
      const found = cost[kind as keyof typeof cost]
      assert.ok(found <= most, `${what} costs ${found} ${kind}, more than ${most}: ${JSON.stringify(cost)}`)
    }
  }
  return { ...server, holds }
}

const NOTHING = { hmacs: 0, hashes: 0, signatures: 0, verifications: 0, derivations: 0, passwords: 0 }

test('the work of a token request is bounded, kind by kind', async (t) => {
  const { app, holds } = await counted(t)
  const client = (authorization: string) =>
    direct(app, { grant_type: 'client_credentials' }, { authorization })
  const token = (await client(SERVICE)).body.access_token
  const jwt = basic('service-jwt', 'password')
  const signed = (await client(jwt)).body.access_token
  let { access_token, refresh_token } = await freshTokens(app)

  await holds('client_credentials', { hashes: 1, hmacs: 1, calls: 0, waits: 0 }, () => client(SERVICE))
  await holds('client_credentials as a JWT', { hashes: 1, signatures: 1, calls: 0, waits: 0 }, () =>
    client(jwt),
  )
  await holds('introspection of a client token', { hashes: 1, hmacs: 1, calls: 1, waits: 1 }, () =>
    introspect(app, token, SERVICE),
  )
  await holds('introspection of a JWT', { hashes: 1, verifications: 1, calls: 1, waits: 1 }, () =>
    introspect(app, signed, jwt),
  )
  await holds('introspection', { hashes: 1, hmacs: 1, calls: 1, waits: 1 }, () =>
    introspect(app, access_token),
  )
  await holds('refresh', { hashes: 1, hmacs: 3, calls: 2, waits: 2 }, async () => {
    const { body } = await refresh(app, refresh_token)
    refresh_token = body.refresh_token
  })
  const revocable = [access_token, (await freshTokens(app)).access_token]
  await holds('revocation', { hashes: 1, hmacs: 1, calls: 3, waits: 3 }, async () => {
    const { status } = await direct(app, { token: revocable.pop() as string }, { url: '/oauth/revoke' })
    assert.equal(status, 200)
  })
})

test('the work of a client that signs is bounded: one signature is verified, one mark is written', async (t) => {
  const pair = await keyPair()
  const { app, holds, clock } = await counted(t, [keyedClient('signer', { jwks: { keys: [pair.jwk] } })])
  const jwts = [await assertion('signer', pair, clock.now), await assertion('signer', pair, clock.now)]
  const bound = { hashes: 1, hmacs: 1, verifications: 1, calls: 1, waits: 1 }
  await holds('client_credentials by assertion', bound, async () => {
    const form = { grant_type: 'client_credentials', ...byAssertion(jwts.pop() as string) }
    assert.equal((await direct(app, form, { authorization: '' })).status, 200)
  })
})

test('the work of a browser that is logged in is bounded', async (t) => {
  const { app, holds } = await counted(t)
  const agent = new Agent(app)
  await agent.authorize(WALK)
  const codes: string[] = []
  await holds('authorize', { hashes: 6, hmacs: 4, calls: 6, waits: 4 }, async () => {
    codes.push(answerOf(await agent.get(WALK)).get('code') as string)
  })
  await holds('code exchange', { hashes: 2, hmacs: 3, calls: 3, waits: 2 }, async () => {
    assert.equal((await exchange(app, codes.pop() as string)).status, 200)
  })
})

test('the work of a login and a consent is bounded: bcrypt once', async (t) => {
  const { app, holds } = await counted(t)
  // Of the calls five note for the person what happened, beside the answers.
  const bound = { passwords: 1, hashes: 22, hmacs: 22, calls: 25, waits: 16 }
  await holds('login and consent', bound, async () => {
    assert.ok((await new Agent(app).authorize(`${WALK}&prompt=consent`)).get('code'))
  })
})

test('a document costs nothing', async (t) => {
  const { app, holds } = await counted(t)
  for (const url of ['/.well-known/oauth-authorization-server', '/oauth/jwks']) {
    await holds(url, { calls: 0, waits: 0 }, () => app.inject({ url, headers: { host: 'localhost:8000' } }))
  }
})
