import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { createRemoteJWKSet, type JWTPayload, jwtVerify } from 'jose'
import { type Site, site } from './support/site.ts'

const API = { API_ID: 'notes', API_SECRET: 'a secret of the API alone' }

/** The recipe's own code. */
function guard({ recipe }: Site): (bearer: string) => Promise<JWTPayload> {
  const code = `${recipe.block('js')}; return caller`
  return new Function('createRemoteJWKSet', 'jwtVerify', code)(createRemoteJWKSet, jwtVerify)
}

async function bearer({ issuer }: Site, [id, secret]: [string, string], form: Record<string, string>) {
  const answer = await fetch(`${issuer}/oauth/tokenize`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${id}:${secret}`)}` },
    body: new URLSearchParams(form),
  })
  assert.equal(answer.status, 200)
  return (await answer.json()) as Record<string, string>
}

const OWN = { grant_type: 'client_credentials' }

test('Protect an API in Node: an access token passes, and nothing else does', async (t) => {
  const other = {
    client_id: 'app',
    client_secret: 'a secret of another app',
    scope: 'openid notes.read write',
  }
  const person = { ...other, grant_types: ['password'] }
  const machine = { ...other, client_id: 'narrow', grant_types: ['client_credentials'], scope: 'write' }
  const clients = [person, { ...machine, access_token_format: 'jwt' as const }]
  const at = await site(t, 'Protect an API', { clients })
  const caller = guard(at)
  const { client_id, client_secret = '' } = at.recipe.client
  const own = await bearer(at, [client_id, client_secret], OWN)
  const { sub, scope } = await caller(String(own.access_token))
  assert.deepEqual([sub, scope], ['api-caller', 'notes.read'])
  const login = { grant_type: 'password', username: 'ada', password: 'a password of ada' }
  const tokens = await bearer(at, ['app', other.client_secret], { ...login, scope: 'openid notes.read' })
  // An ID token of the same server, an opaque token, one of another scope, one of another server.
  await assert.rejects(caller(String(tokens.id_token)))
  await assert.rejects(caller(String(tokens.access_token)))
  const narrow = await bearer(at, ['narrow', other.client_secret], OWN)
  await assert.rejects(caller(String(narrow.access_token)), /insufficient_scope/)
  const elsewhere = await site(t, 'Protect an API')
  const foreign = await bearer(elsewhere, [client_id, client_secret], OWN)
  await assert.rejects(caller(String(foreign.access_token)))
})

test('Protect an API by introspection: the recipe’s curl', async (t) => {
  const api = { client_id: API.API_ID, client_secret: API.API_SECRET, introspect_any: true }
  const clients = [{ ...api, grant_types: ['client_credentials'] }]
  const at = await site(t, 'Protect an API', { clients })
  const { client_id, client_secret = '' } = at.recipe.client
  const { access_token } = await bearer(at, [client_id, client_secret], OWN)
  const ask = async (BEARER = '') => {
    const env = { PATH: process.env.PATH, ...API, BEARER }
    const { stdout } = await promisify(execFile)('sh', ['-c', at.recipe.block('sh')], { env })
    return JSON.parse(stdout)
  }
  const { active, scope, client_id: whose } = await ask(access_token)
  assert.deepEqual([active, scope, whose], [true, 'notes.read', 'api-caller'])
  assert.deepEqual(await ask(`${access_token}x`), { active: false })
})
