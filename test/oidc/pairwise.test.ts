import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SectorDocuments } from '../../src/authorization/sector-documents.ts'
import { Subjects } from '../../src/clients/subjects.ts'
import type { ClientEntry } from '../../src/config/schema.ts'
import { Outbound } from '../../src/outbound/outbound.ts'
import { Agent } from '../support/browser-agent.ts'
import { clientServer } from '../support/listen.ts'
import { authorize, CALLBACK, oidcServer, RP, request, tokens, userinfo, verified } from '../support/oidc.ts'
import { basic, direct, introspect } from '../support/token-client.ts'

const env = { PAIRWISE_SALT: 'a salt of enough characters, kept for ever' }
const client = (client_id: string, redirect_uri: string): ClientEntry => ({
  client_id,
  client_secret: 'password',
  redirect_uris: [redirect_uri],
  grant_types: ['authorization_code', 'refresh_token'],
  scope: 'openid',
  subject_type: 'pairwise',
})

test('Core §8 pairwise: one person is the same in one sector and somebody else in another, everywhere', async (t) => {
  const clients = [
    client('same', 'https://rp.example/other'),
    client('foreign', 'https://elsewhere.example/cb'),
  ]
  const { app } = await oidcServer(t, { env, clients }, { subject_type: 'pairwise' })
  const subjects = new Map<string, unknown>()
  for (const { client_id, redirect_uris } of [{ ...RP }, ...clients]) {
    const redirect_uri = redirect_uris?.[0] ?? ''
    const { parameters } = await authorize(new Agent(app), { client_id, redirect_uri })
    const code = parameters.get('code') ?? ''
    const form = { grant_type: 'authorization_code', code, redirect_uri }
    const { body } = await direct(app, form, { authorization: basic(client_id, 'password') })
    const { sub } = await verified(app, body.id_token, { audience: client_id })
    subjects.set(client_id, sub)
    assert.notEqual(sub, 'sub-alice')
    assert.equal((await userinfo(app, body.access_token)).json().sub, sub)
    const about = await introspect(app, body.access_token, basic(client_id, 'password'))
    assert.deepEqual([about.body.sub, about.body.username], [sub, undefined])
  }
  assert.equal(subjects.get('rp'), subjects.get('same'))
  assert.notEqual(subjects.get('rp'), subjects.get('foreign'))
})

test('introspection tells nobody the login name behind a pairwise subject; an email address by its own scope alone', async (t) => {
  const api = { client_id: 'api', client_secret: 'password', introspect_any: true }
  const clients: ClientEntry[] = [{ ...api, grant_types: ['client_credentials'] }]
  const { app } = await oidcServer(t, { env, clients }, { subject_type: 'pairwise' })
  for (const [scope, email] of [
    ['openid profile', undefined],
    ['openid profile email', 'alice@example.com'],
  ] as const) {
    const { access_token } = await tokens(app, { scope })
    const { sub } = (await userinfo(app, access_token)).json()
    for (const client_id of ['rp', 'api']) {
      const { body } = await introspect(app, access_token, basic(client_id, 'password'))
      assert.deepEqual([body.sub, body.username, body.email], [sub, undefined, email])
      assert.notEqual(sub, 'sub-alice')
    }
  }
})

test('the sid does not say who is who either: one for each sector, the same in ID token, hint and frame', async (t) => {
  const frame = (host: string): Partial<ClientEntry> => ({
    subject_type: 'pairwise',
    frontchannel_logout_uri: `https://${host}/out`,
    frontchannel_logout_session_required: true,
  })
  const foreign = { ...RP, ...frame('elsewhere.example'), client_id: 'foreign' }
  const plain = { ...RP, client_id: 'plain' }
  const clients = [{ ...foreign, redirect_uris: ['https://elsewhere.example/cb'] }, plain]
  const { app } = await oidcServer(t, { env, clients }, frame('rp.example'))
  const agent = new Agent(app)
  const idToken = async (client_id: string, redirect_uri: string) => {
    const asked = { client_id, redirect_uri, response_type: 'id_token' }
    return (await authorize(agent, asked)).parameters.get('id_token') ?? ''
  }
  const here = await idToken('rp', 'https://rp.example/cb')
  const there = await idToken('foreign', 'https://elsewhere.example/cb')
  const everywhere = await idToken('plain', 'https://rp.example/cb')
  const sidOf = async (jwt: string, audience: string) => String((await verified(app, jwt, { audience })).sid)
  const sids = [await sidOf(here, 'rp'), await sidOf(there, 'foreign'), await sidOf(everywhere, 'plain')]
  assert.equal(new Set(sids).size, 3)
  const page = await agent.get(`/oauth/logout?${new URLSearchParams({ id_token_hint: there })}`)
  const told = [...page.body.matchAll(/<iframe[^>]*src="([^"]*)"/g)].map(([, src = '']) => {
    const { host, searchParams } = new URL(src.replaceAll('&amp;', '&'))
    return [host, searchParams.get('sid')]
  })
  assert.deepEqual(told.sort(), [
    ['elsewhere.example', sids[1]],
    ['rp.example', sids[0]],
  ])
})

test('a pairwise sub does not change over restarts and SECRET_KEYS, only with the salt', async (t) => {
  const other = 'c0Zb1Yx9dQkq2m7cR8tLwV3nF4gH6jKpE5uA0iXoTyM='
  const of = async (more: Record<string, string>) => {
    const { app } = await oidcServer(t, { env: { ...env, ...more } }, { subject_type: 'pairwise' })
    return (await verified(app, (await tokens(app)).id_token)).sub
  }
  const first = await of({})
  assert.equal(await of({ SECRET_KEYS: other }), first)
  assert.notEqual(await of({ PAIRWISE_SALT: 'another salt of enough characters, kept' }), first)
})

test('discovery names pairwise where a client has it; without a salt the start is refused', async (t) => {
  const { app } = await oidcServer(t, { env }, { subject_type: 'pairwise' })
  const headers = { host: 'localhost:8000' }
  const document = (await app.inject({ url: '/.well-known/openid-configuration', headers })).json()
  assert.deepEqual(document.subject_types_supported, ['public', 'pairwise'])
  await assert.rejects(oidcServer(t, {}, { subject_type: 'pairwise' }), /PAIRWISE_SALT is not set/)
})

test('Core §8.1: only https redirect URIs of one host name a sector; any app has a scheme, or localhost', async (t) => {
  const start = (redirect_uris: string[], more: Partial<ClientEntry> = {}) =>
    oidcServer(t, { env }, { subject_type: 'pairwise', redirect_uris, ...more })
  for (const redirect_uris of [
    ['com.example.app://cb'],
    ['com.example.app:/cb'],
    ['http://localhost/cb'],
    ['http://127.0.0.1:8080/cb'],
    ['https://rp.example/cb', 'com.example.app://rp.example/cb'],
    ['https://rp.example/cb', 'https://other.example/cb'],
  ]) {
    await assert.rejects(start(redirect_uris), /sector_identifier_uri .*is needed/, redirect_uris.join(' '))
    await start(redirect_uris, { sector_identifier_uri: 'https://rp.example/sector.json' })
  }
  await start(['https://rp.example/cb', 'https://RP.example/other'])
  for (const sector_identifier_uri of [
    'http://rp.example/s',
    'http://localhost/s',
    'https://:pw@rp.example/s',
  ])
    await assert.rejects(start(['https://rp.example/cb'], { sector_identifier_uri }), /must be an https URL/)
})

test('Core §8.1, RFC 3986 §3.2.2: a sector is a host name, whatever the ports; `sector` keeps one that had a port', async (t) => {
  const subOf = async (more: Partial<ClientEntry>) => {
    const { app } = await oidcServer(t, { env }, { subject_type: 'pairwise', ...more })
    const redirect_uri = more.redirect_uris?.[0] ?? CALLBACK
    const { parameters } = await authorize(new Agent(app), { redirect_uri, response_type: 'id_token' })
    return (await verified(app, parameters.get('id_token') ?? '')).sub
  }
  const plain = await subOf({ redirect_uris: ['https://app.example/cb'] })
  for (const redirect_uris of [
    ['https://app.example:8443/cb'],
    ['https://APP.example:443/cb'],
    ['https://app.example:8443/cb', 'https://app.example:9443/cb', 'https://app.example/cb'],
  ])
    assert.equal(await subOf({ redirect_uris }), plain, redirect_uris.join(' '))
  assert.equal(await subOf({ redirect_uris: ['https://app.example:8443/cb'], sector: 'app.example' }), plain)
  assert.notEqual(await subOf({ redirect_uris: ['https://other.example/cb'] }), plain)

  // As it was derived while the port counted, also when the redirect URIs move to another port.
  const sub = new Subjects(env.PAIRWISE_SALT).of({ sector: 'app.example:8443' }, 'sub-alice')
  for (const redirect_uris of [
    ['https://app.example:8443/cb'],
    ['https://app.example/cb'],
    ['https://app.example:8443/cb', 'https://app.example/cb'],
  ])
    assert.equal(await subOf({ redirect_uris, sector: 'App.example:8443' }), sub)
  assert.notEqual(sub, plain)
})

test('`sector` names no sector but the own one, and only for pairwise subjects', async (t) => {
  const start = (more: Partial<ClientEntry>) =>
    oidcServer(
      t,
      { env },
      { subject_type: 'pairwise', redirect_uris: ['https://app.example:8443/cb'], ...more },
    )
  for (const sector of [
    'other.example',
    'other.example:8443',
    'app.example.',
    'x.app.example',
    'user@app.example:8443',
    'app.example:8443/path',
    'app.example:8443?x',
    'https://app.example:8443',
    'app.example:99999',
    'app.example:x',
    ' ',
  ])
    await assert.rejects(
      start({ sector }),
      /sector \(client rp\): is app\.example, or that with a port/,
      sector,
    )
  await assert.rejects(
    start({ sector: 'app.example', subject_type: 'public' }),
    /needs subject_type: pairwise/,
  )
  const sector_identifier_uri = 'https://id.example:7000/sector.json'
  await start({ sector_identifier_uri, sector: 'id.example:7000' })
  await assert.rejects(
    start({ sector_identifier_uri, sector: 'app.example:8443' }),
    /is id\.example, or that/,
  )
})

test('a sector that nobody proves is refused: the password grant never asks for the document', async (t) => {
  const more: Partial<ClientEntry> = {
    subject_type: 'pairwise',
    sector_identifier_uri: 'https://somebody-else.example/sector.json',
    grant_types: ['authorization_code', 'password'],
    response_types: ['code'],
  }
  await assert.rejects(oidcServer(t, { env }, more), /sector_identifier_uri .*password grant type/)
  const { sector_identifier_uri, ...own } = more
  await oidcServer(t, { env }, own)
})

test('a sector document on a private address is not fetched: a page, no redirect, and the log has the cause', async (t) => {
  const { app, log } = await oidcServer(
    t,
    { env },
    { subject_type: 'pairwise', sector_identifier_uri: 'https://127.0.0.1/sector.json' },
  )
  const page = await new Agent(app).get(request())
  assert.equal(page.statusCode, 503)
  assert.equal(page.headers.location, undefined)
  assert.ok(log.some((line) => /sector_identifier_uri of client rp .*not public/.test(String(line.reason))))
})

const entry = (sector_identifier_uri: string) =>
  ({
    client_id: 'rp',
    redirect_uris: ['https://a.example/cb', 'https://b.example/cb'],
    sector_identifier_uri,
  }) as never

test('a sector document lists every redirect URI; the verdict holds, good for a day, bad for a minute', async (t) => {
  let answer = { status: 200, body: '["https://a.example/cb"]' }
  const { origin, seen } = await clientServer(t, (_request, response) => {
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body)
  })
  const sectors = new SectorDocuments(new Outbound({ reach: 'private' }))
  const check = (now: number) => sectors.check(entry(`${origin}/sector`), now)
  await assert.rejects(Promise.all([check(1000), check(1000), check(1000)]), { error: 'invalid_request' })
  assert.equal(seen.length, 1, 'asked once for all that wait')
  answer = { status: 200, body: '["https://a.example/cb", "https://b.example/cb"]' }
  await assert.rejects(check(1059), { error: 'invalid_request' })
  await check(1060)
  answer = { status: 500, body: '' }
  await check(1060 + 86_399)
  assert.equal(seen.length, 2)
  await check(1060 + 86_400)
  assert.equal(seen.length, 3, 'looked again; what was right stays right while it cannot be read')
  answer = { status: 200, body: '[]' }
  await assert.rejects(check(1060 + 86_460), { error: 'invalid_request' })
})

for (const [name, status, body] of [
  ['not found', 404, '[]'],
  ['not JSON', 200, '<html>'],
  ['too large', 200, `["${'a'.repeat(70_000)}"]`],
] as const) {
  test(`a sector document that is ${name} proves nothing`, async (t) => {
    const { origin } = await clientServer(t, (_request, response) => {
      response.writeHead(status).end(body)
    })
    const sectors = new SectorDocuments(new Outbound({ reach: 'private' }))
    await assert.rejects(sectors.check(entry(origin), 1000), { error: 'temporarily_unavailable' })
  })
}
