import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { readEntries } from '../../src/config/file.ts'
import { FILE_SCHEMA } from '../../src/config/schema.ts'
import { buildServer } from '../support/server.ts'
import { basic, direct } from '../support/token-client.ts'

const text = readFileSync(join(import.meta.dirname, '../../docs/resources.md'), 'utf8')
const block = (language: string) =>
  new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``)
    .exec(text)?.[1]
    ?.replaceAll('https://id.example.com', ISSUER) ?? ''
const ISSUER = 'http://localhost:8000'
const SECRET = 'a secret of the notes app'

test('docs/resources.md: its configuration, its curl, and what its API takes', async (t) => {
  const entries = readEntries(block('yaml'), 'docs', { NOTES_APP_SECRET: SECRET })
  const { app } = await buildServer(t, {
    change: (demo) => Object.assign(demo, { ...entries, users: demo.users }),
  })
  const form = [...block('sh').matchAll(/-d (\S+)/g)].map(([, pair]) => pair).join('&')
  const token = async (body: string) =>
    (await direct(app, body, { authorization: basic('notes-app', SECRET) })).body
  const keys = (await app.inject({ url: '/oauth/jwks', headers: { host: 'localhost:8000' } })).json()
  const code = `${block('js')}; return caller`
  const caller = new Function('createRemoteJWKSet', 'jwtVerify', code)(
    () => createLocalJWKSet(keys),
    jwtVerify,
  )
  const good = await token(form)
  assert.equal(good.expires_in, 600)
  assert.equal((await caller(good.access_token)).client_id, 'notes-app')
  await assert.rejects(caller((await token('grant_type=client_credentials')).access_token))
  await assert.rejects(caller((await token(`${form}&scope=notes.write`)).access_token), /insufficient_scope/)
})

test('docs/resources.md names every field of a resource', () => {
  for (const field of Object.keys(FILE_SCHEMA.properties.resources.items.properties).filter(
    (one) => !one.includes('#'),
  ))
    assert.ok(text.includes(`\`${field}\``), field)
})
