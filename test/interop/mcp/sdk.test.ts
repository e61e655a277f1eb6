import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { documentServer } from '../../support/document-server.ts'
import { register } from '../../support/introduced.ts'
import { freePort } from '../../support/listen.ts'
import { REDIRECT } from '../../support/mcp/provider.ts'
import { buildServer } from '../../support/server.ts'
import { certificateFor, tlsProxy } from '../../support/tls-proxy.ts'
import { SdkApplication, type SdkVersion } from './support/sdk.ts'
import { mcpSite, type Site } from './support/site.ts'

const READS = 'the notes of admin are read'

const WAYS = [
  ['a registration', 'opaque', ''],
  ['a registration', 'jwt', ''],
  ['a document', 'jwt', '/tenant'],
] as const

for (const version of [1, 2] as const)
  for (const [how, format, path] of WAYS)
    test(`the MCP SDK ${version}: ${how}, ${format} tokens: tool, refresh, step-up`, async (t) => {
      const site = await mcpSite(t, { format, path })
      const document = how === 'a document' ? await documentOf(t) : undefined
      const app = await SdkApplication.of(version, { ...site, ...(document && { document }) })
      const { kept } = app
      await assert.rejects(app.call('read_notes'), app.sdk.UnauthorizedError)
      const asked = kept.url?.searchParams
      assert.deepEqual(
        ['resource', 'scope', 'code_challenge_method', 'prompt'].map((name) => asked?.get(name)),
        [site.resource, 'notes.read', 'S256', null],
      )
      assert.equal(asked?.get('client_id') === document, how === 'a document')
      await app.logIn()
      assert.equal(kept.tokens?.scope, 'notes.read')
      assert.equal((kept.tokens?.access_token ?? '').split('.').length, format === 'jwt' ? 3 : 1)
      assert.equal(await app.call('read_notes'), READS)

      await refreshes(app, site)

      await widens(app, version)
      assert.equal(await app.call('write_notes'), 'the notes of admin are written')
      assert.equal(await app.call('read_notes'), READS)
      assert.equal(site.opened.at(-1), 'notes.read notes.write')
      await refreshes(app, site)
      assert.equal(site.opened.at(-1), 'notes.read notes.write')
    })

for (const version of [1, 2] as const)
  test(`the MCP SDK ${version}: a registration that is worth nothing any more is made anew`, async (t) => {
    const site = await mcpSite(t, { format: 'opaque' })
    const app = await SdkApplication.of(version, site)
    await assert.rejects(app.call('read_notes'), app.sdk.UnauthorizedError)
    await app.logIn()
    // As after a loss of the store: an id under a key that is gone.
    const { body } = await register((await buildServer(t)).app, 'SDK', REDIRECT)
    Object.assign(app.kept.client ?? {}, { client_id: body.client_id })
    Object.assign(app.kept.tokens ?? {}, { access_token: 'gone' })
    await assert.rejects(app.call('read_notes'), app.sdk.UnauthorizedError)
    assert.notEqual(app.kept.client?.client_id, body.client_id)
    await app.logIn()
    assert.equal(await app.call('read_notes'), READS)
  })

/** The access token is over, and the tool works without a browser: by a new refresh token. */
async function refreshes(app: SdkApplication, { clock }: Site): Promise<void> {
  const before = { ...app.kept.tokens }
  delete app.kept.url
  clock.now += 3600
  assert.equal(await app.call('read_notes'), READS)
  assert.equal(app.kept.url, undefined)
  assert.notEqual(app.kept.tokens?.access_token, before.access_token)
  assert.notEqual(app.kept.tokens?.refresh_token, before.refresh_token)
  assert.equal(app.kept.tokens?.scope, before.scope)
}

/** 403 insufficient_scope, and then a login for everything that is needed. */
async function widens(app: SdkApplication, version: SdkVersion): Promise<void> {
  if (version === 2) await assert.rejects(app.call('write_notes'), app.sdk.UnauthorizedError)
  else {
    // This one tries a refresh, which gives what was approved, and leaves the rest to the application.
    await assert.rejects(app.call('write_notes'), /403 after trying upscoping/)
    delete app.kept.tokens
    assert.equal(await app.begin('notes.read notes.write'), 'REDIRECT')
  }
  assert.equal(app.kept.url?.searchParams.get('scope'), 'notes.read notes.write')
  await app.logIn()
  assert.equal(app.kept.tokens?.scope, 'notes.read notes.write')
}

/** What the application says of itself, at an https address of this machine: the SDK takes no other. */
async function documentOf(t: TestContext): Promise<string> {
  const { origin, serve } = await documentServer(t)
  const certificate = certificateFor(t, 'localhost', 1)
  setDefaultCACertificates([...getCACertificates('default'), certificate.cert])
  const listen = await freePort()
  const url = `https://localhost:${listen}/client.json`
  serve('/client.json', {
    ...{ client_id: url, client_name: 'SDK', redirect_uris: ['http://127.0.0.1/callback'] },
    token_endpoint_auth_method: 'none',
  })
  const port = Number(new URL(origin).port)
  await tlsProxy(t, certificate, { listen, port, ways: () => ({ pass: (headers) => headers }) })
  return url
}
