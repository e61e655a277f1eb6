import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { test } from 'node:test'
import { hashSync } from 'bcrypt'
import { commandBeside } from '../support/command-line.ts'
import { HttpBrowser } from '../support/http-browser.ts'
import { served } from '../support/served.ts'
import { KEY } from '../support/server.ts'

const PASSWORD = 'a password for these tests'
const URI = 'https://site.example/cb'
const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'

test('a client that registers again, with a secret, is one: its grants are listed and ended by any of its ids', async (t) => {
  const env = { STORE: 'sqlite', SQLITE_FILE: 'store.db' }
  const hashed = hashSync(PASSWORD, 4)
  const server = await served(
    t,
    `registration: open\nusers: [{ username: ada, sub: u-1, password_hash: "${hashed}" }]\n`,
    { env },
  )
  const issuer = `http://localhost:${server.port}`
  const own = { ...env, CONFIG_FILE: server.configFile, SECRET_KEYS: KEY, PORT: String(server.port) }
  const postern = commandBeside(own, server.folder)

  const register = async (client_name: string): Promise<Record<string, string>> => {
    const answer = await fetch(`${issuer}/oauth/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ client_name, redirect_uris: [URI] }),
    })
    return (await answer.json()) as Record<string, string>
  }
  const browser = new HttpBrowser()
  const challenge = { code_challenge: hash('sha256', VERIFIER, 'base64url'), code_challenge_method: 'S256' }
  const url = (client_id = '') =>
    `${issuer}/oauth/authorize?${new URLSearchParams({ client_id, redirect_uri: URI, response_type: 'code', ...challenge })}`
  const tokensOf = async ({ client_id, client_secret }: Record<string, string>, form: object) => {
    const headers = { authorization: `Basic ${btoa(`${client_id}:${client_secret}`)}` }
    const body = new URLSearchParams({ ...form })
    const answer = await fetch(`${issuer}/oauth/tokenize`, { method: 'POST', headers, body })
    return (await answer.json()) as Record<string, string>
  }
  const letIn = async (client: Record<string, string>) => {
    const login = { username: 'ada', password: PASSWORD }
    const code = (await browser.walk(url(client.client_id), URI, login)).searchParams.get('code') ?? ''
    const form = { grant_type: 'authorization_code', code, redirect_uri: URI, code_verifier: VERIFIER }
    return tokensOf(client, form)
  }
  const listed = async ({ client_id = '' }: Record<string, string>) =>
    (await postern(['grants', 'list', 'ada', '--client', client_id, '--json'])).json().length

  const [one, again, other] = [await register('Site'), await register('Site'), await register('Other')]
  assert.notEqual(one.client_id, again.client_id)
  const tokens = [await letIn(one), await letIn(again)]
  const others = await letIn(other)
  assert.deepEqual([await listed(one), await listed(again), await listed(other)], [2, 2, 1])

  // The approval names the id that had it last; the operator names the other.
  const ended = await postern([
    ...['grants', 'end', 'ada', '--consents', '--json'],
    ...['--client', one.client_id ?? ''],
  ])
  assert.deepEqual([ended.json().grants, ended.json().consents], [2, 1])
  for (const [at, client] of [one, again].entries()) {
    const form = { grant_type: 'refresh_token', refresh_token: tokens[at]?.refresh_token }
    assert.equal((await tokensOf(client, form)).error, 'invalid_grant')
    assert.match((await browser.open(url(client.client_id))).body, /value="approve"/)
  }
  const refresh = { grant_type: 'refresh_token', refresh_token: others.refresh_token }
  assert.ok((await tokensOf(other, refresh)).access_token, 'nobody else is touched')
})
