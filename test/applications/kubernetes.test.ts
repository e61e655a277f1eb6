import assert from 'node:assert/strict'
import { hash, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { HttpBrowser } from '../support/http-browser.ts'
import { PEOPLE, type Site, site } from './support/site.ts'

// What the API server and kubelogin send, and what they make of the answers.

/** The API server's flags, as the recipe has them. */
function flagsOf({ recipe }: Site): Record<string, string> {
  return Object.fromEntries(
    [...recipe.block('sh').matchAll(/--oidc-([\w-]+)=(\S+)/g)].map(([, name, value]) => [name, value]),
  )
}

/** The API server: who sends this bearer token, and in which groups they are. Throws if it lets nobody in. */
async function authenticated(at: Site, bearer: string): Promise<{ username: string; groups: string[] }> {
  const flags = flagsOf(at)
  const issuer = String(flags['issuer-url'])
  assert.ok(issuer.startsWith('https://'), 'it takes no other issuer')
  const found = await fetch(`${issuer}/.well-known/openid-configuration`)
  const document = (await found.json()) as { issuer: string; jwks_uri: string }
  assert.equal(document.issuer, issuer)
  const { payload } = await jwtVerify(bearer, createRemoteJWKSet(new URL(document.jwks_uri)), {
    issuer,
    audience: String(flags['client-id']),
    // Its default for --oidc-signing-algs.
    algorithms: ['RS256'],
  })
  const username = payload[String(flags['username-claim'])]
  const groups = payload[String(flags['groups-claim'])]
  assert.ok(typeof username === 'string')
  assert.ok(Array.isArray(groups) && groups.every((group) => typeof group === 'string'))
  // Users whose claim is `email` and whose address is not verified are refused.
  if (flags['username-claim'] === 'email') assert.equal(payload.email_verified, true)
  return { username, groups }
}

/** kubelogin: opens the browser, waits on a loopback port of its own, without a path. */
async function loggedIn(at: Site, browser: HttpBrowser, username: string) {
  const code_verifier = randomBytes(32).toString('base64url')
  const redirect_uri = 'http://localhost:18000'
  const query = new URLSearchParams({
    ...{ client_id: 'kubernetes', redirect_uri, response_type: 'code', access_type: 'offline' },
    ...{ scope: ['email', 'groups', 'offline_access', 'openid'].join(' '), state: 'x', nonce: 'n' },
    ...{ code_challenge: hash('sha256', code_verifier, 'base64url'), code_challenge_method: 'S256' },
  })
  const login = { username, password: `a password of ${username}` }
  const back = await browser.walk(`${at.issuer}/oauth/authorize?${query}`, `${redirect_uri}/`, login)
  const code = String(back.searchParams.get('code'))
  return token(at, { grant_type: 'authorization_code', code, redirect_uri, code_verifier })
}

async function token(at: Site, form: Record<string, string>): Promise<Record<string, string>> {
  const body = new URLSearchParams({ ...form, client_id: 'kubernetes' })
  const answer = await fetch(`${at.issuer}/oauth/tokenize`, { method: 'POST', body })
  assert.equal(answer.status, 200)
  return (await answer.json()) as Record<string, string>
}

test('Kubernetes: kubelogin’s ID token says who it is and in which groups, at first and after a refresh', async (t) => {
  const at = await site(t, 'Kubernetes', { https: true })
  const [ada, bob] = PEOPLE
  const browser = new HttpBrowser()
  const first = await loggedIn(at, browser, 'ada')
  const expected = { username: ada?.email, groups: ada?.groups }
  assert.deepEqual(await authenticated(at, String(first.id_token)), expected)
  const refreshed = { grant_type: 'refresh_token', refresh_token: String(first.refresh_token) }
  assert.deepEqual(await authenticated(at, String((await token(at, refreshed)).id_token)), expected)
  // An access token lets nobody in.
  await assert.rejects(authenticated(at, String(first.access_token)))
  // Who is in no group is somebody, with an empty list.
  const second = await loggedIn(at, new HttpBrowser(), 'bob')
  assert.deepEqual(await authenticated(at, String(second.id_token)), { username: bob?.email, groups: [] })
})
