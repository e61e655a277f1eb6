import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { until } from '../../support/until.ts'
import { CACHE, program, run } from '../support/program.ts'
import { builtProject } from '../support/project.ts'
import { applicationBrowser, logIn, type Site, site } from '../support/site.ts'

const newPage = applicationBrowser()

const call = ({ app }: Site, token: string) => fetch(app, { headers: { authorization: `Bearer ${token}` } })

async function application(t: TestContext, at: Site): Promise<void> {
  const build = (folder: string) => run('go', ['build', '-o', 'application', '.'], folder)
  const folder = builtProject('kubernetes', { name: 'kubernetes', lines: '', build })
  const cwd = mkdtempSync(join(CACHE, 'run-'))
  t.after(() => rmSync(cwd, { recursive: true }))
  const configuration = join(cwd, 'authentication.yaml')
  writeFileSync(configuration, at.recipe.block('yml'))
  const env = { CONFIGURATION: configuration, AUTHORITY: at.ca ?? '', APP_PORT: String(at.port) }
  await program(t, [join(folder, 'application')], { url: at.app, env, cwd })
  await until(async () => (await call(at, '')).status !== 503, 'it has the keys')
}

/** What a program on the person's device does: PKCE, a port of its own on loopback, no secret. */
async function tokensOf({ recipe, issuer, app }: Site, username: string) {
  const verifier = randomBytes(32).toString('base64url')
  const { client_id, scope = '' } = recipe.client
  const url = new URL(`${issuer}/oauth/authorize`)
  const challenge = createHash('sha256').update(verifier).digest('base64url')
  const asked = { client_id, scope, response_type: 'code', redirect_uri: app, code_challenge: challenge }
  url.search = String(new URLSearchParams({ ...asked, code_challenge_method: 'S256' }))
  const page = await newPage()
  await page.goto(String(url))
  await logIn(page, app, username)
  const code = new URL(page.url()).searchParams.get('code') ?? ''
  const form = {
    grant_type: 'authorization_code',
    client_id,
    code,
    redirect_uri: app,
    code_verifier: verifier,
  }
  const tokenize = async (fields: Record<string, string>) => {
    const response = await page.request.post(`${issuer}/oauth/tokenize`, { form: fields })
    assert.equal(response.status(), 200)
    return (await response.json()) as { access_token: string; id_token: string; refresh_token: string }
  }
  const first = await tokenize(form)
  const { refresh_token } = first
  return { first, later: await tokenize({ grant_type: 'refresh_token', client_id, refresh_token }) }
}

test('Kubernetes: its API server knows person and groups from ID tokens, renewed ones too', async (t) => {
  const at = await site(t, 'Kubernetes', { https: true })
  await application(t, at)
  const { first, later } = await tokensOf(at, 'ada')
  for (const { id_token } of [first, later]) {
    const answer = await call(at, id_token)
    assert.equal(answer.status, 200)
    assert.deepEqual(await answer.json(), { name: 'ada', groups: ['oidc:staff', 'oidc:admins'] })
  }
  const bob = await call(at, (await tokensOf(at, 'bob')).first.id_token)
  assert.equal(((await bob.json()) as { name: string }).name, 'bob')

  assert.equal((await call(at, first.access_token)).status, 401)
  const other = await site(t, 'Kubernetes', { https: true })
  await application(t, other)
  const foreign = (await tokensOf(other, 'ada')).first.id_token
  assert.equal((await call(other, foreign)).status, 200)
  assert.equal((await call(at, foreign)).status, 401)
})
