import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { createRemoteJWKSet, type JWTPayload, jwtVerify } from 'jose'
import { bearers } from './support/bearers.ts'
import type { Site } from './support/site.ts'

const API = { API_ID: 'notes', API_SECRET: 'a secret of the API alone' }

/** The recipe's own code. */
function guard({ recipe }: Site): (bearer: string) => Promise<JWTPayload> {
  const code = `${recipe.block('js')}; return caller`
  return new Function('createRemoteJWKSet', 'jwtVerify', code)(createRemoteJWKSet, jwtVerify)
}

test('Protect an API in Node: an access token passes, and nothing else does', async (t) => {
  const { at, tokens } = await bearers(t, 'Protect an API')
  const caller = guard(at)
  const { sub, scope } = await caller(tokens.own)
  assert.deepEqual([sub, scope], ['api-caller', 'notes.read'])
  assert.equal((await caller(tokens.jwt)).sub, 'u-1001')
  for (const refused of [tokens.idToken, tokens.opaque, tokens.foreign]) await assert.rejects(caller(refused))
  await assert.rejects(caller(tokens.narrow), /insufficient_scope/)
})

test('Protect an API by introspection: the recipe’s curl', async (t) => {
  const { API_ID: client_id, API_SECRET: client_secret } = API
  const api = { client_id, client_secret, introspect_any: true, grant_types: ['client_credentials'] }
  const { at, tokens } = await bearers(t, 'Protect an API', [api])
  const ask = async (BEARER: string) => {
    const env = { PATH: process.env.PATH, ...API, BEARER }
    const { stdout } = await promisify(execFile)('sh', ['-c', at.recipe.block('sh')], { env })
    return JSON.parse(stdout)
  }
  for (const good of [tokens.opaque, tokens.jwt]) {
    const { active, scope, sub } = await ask(good)
    assert.deepEqual([active, scope, sub], [true, 'openid notes.read', 'u-1001'])
  }
  for (const bad of [tokens.idToken, tokens.foreign, 'nothing'])
    assert.deepEqual(await ask(bad), { active: false })
})
