import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { loadConfig } from '../../src/config/config.ts'
import { readEntries } from '../../src/config/file.ts'
import type { Entries } from '../../src/config/schema.ts'
import { buildServer } from '../support/server.ts'
import { basic, direct } from '../support/token-client.ts'

const text = readFileSync(join(import.meta.dirname, '../../docs/mcp.md'), 'utf8')
const yaml = /```yaml\n([\s\S]*?)```/.exec(text)?.[1] ?? ''
const [, trouble = ''] = text.split('## When it does not work')
const host = 'localhost:8000'

/** A server of the document's configuration, and of what is wrong with it. */
function server(t: TestContext, wrong: Partial<Entries> = {}) {
  return buildServer(t, {
    change: (demo) => {
      delete demo.registration
      delete demo.client_id_metadata_documents
      Object.assign(demo, { any_resource: false, ...readEntries(yaml, 'docs', {}), users: demo.users }, wrong)
    },
  })
}

/** Fails unless the document quotes `said`, as far as it is the same everywhere. */
function quoted(said: string): void {
  assert.ok(trouble.includes(said), said)
}

test('docs/mcp.md: its configuration lets clients introduce themselves, and what it says of a closed one', async (t) => {
  const headers = { host, 'content-type': 'application/json' }
  const registered = async (wrong: Partial<Entries>, redirect_uri = 'http://127.0.0.1/callback') => {
    const { app } = await server(t, wrong)
    const payload = JSON.stringify({ redirect_uris: [redirect_uri] })
    const answer = await app.inject({ method: 'POST', url: '/oauth/register', headers, payload })
    const metadata = await app.inject({ url: '/.well-known/oauth-authorization-server', headers: { host } })
    return { answer, metadata: metadata.json() }
  }
  const open = await registered({})
  assert.equal(open.answer.statusCode, 201)
  assert.deepEqual(
    [open.metadata.client_id_metadata_document_supported, open.metadata.protected_resources],
    [true, ['http://localhost:3000/mcp']],
  )
  const closed = await registered({ registration: 'off' })
  quoted(`\`/oauth/register\` answers ${closed.answer.statusCode}`)
  assert.equal(closed.metadata.registration_endpoint, undefined)
  const plain = (await registered({}, 'http://app.example.com/callback')).answer.json()
  quoted(`\`${plain.error}\``)
  quoted(plain.error_description.replace(/^\S+ |; .*/g, ''))
})

test('docs/mcp.md: an address that the file has not, and an issuer on http', async (t) => {
  const client = {
    client_id: 'app',
    redirect_uris: ['http://127.0.0.1/'],
    client_secret: 'a secret of the app',
  }
  const grants = { grant_types: ['client_credentials'], scope: 'notes.read' }
  const form = { grant_type: 'client_credentials', resource: 'http://localhost:3000/mcp' }
  const ask = async (resource: string) => {
    const resources = [{ resource, scopes: ['notes.read'] }]
    const { app } = await server(t, { clients: [{ ...client, ...grants }], resources })
    return direct(app, form, { authorization: basic('app', client.client_secret) })
  }
  assert.equal((await ask('http://localhost:3000/mcp')).status, 200)
  const { body } = await ask('http://localhost:3001/mcp')
  quoted(body.error_description)
  quoted(`\`${body.error}\``)
  assert.throws(
    () => loadConfig({ ISSUER: 'http://id.example.com' }),
    ({ message }: Error) => {
      quoted(/^ISSUER is "\S+"; it must be an https URL/.exec(message)?.[0] ?? message)
      return true
    },
  )
})
