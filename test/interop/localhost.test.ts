import assert from 'node:assert/strict'
import { hash, randomBytes } from 'node:crypto'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import * as openid from 'openid-client'
import { HttpBrowser } from '../support/http-browser.ts'
import { listen } from '../support/listen.ts'
import { ALICE } from '../support/oidc.ts'

// What a developer does first: an application with a secret on http://localhost, a library as its manual shows it.

const load = createRequire(import.meta.url)
const OAuth2Strategy = load('passport-oauth2')
const { AuthorizationCode } = load('simple-oauth2')

const CLIENT = {
  client_id: 'dev',
  client_secret: 'a secret of a developer',
  redirect_uris: ['http://localhost:3000/callback'],
  grant_types: ['authorization_code' as const, 'refresh_token' as const],
  scope: 'openid email',
}
const PERSON = { username: 'alice', password: 'wonderland' }
// With names that the client may not have.
const SCOPE = 'openid email groups offline_access'

interface Tokens {
  access_token: string
  refresh_token: string
  scope: string
}

/** One application, made of a library. */
interface Application {
  /** Where it sends the browser to. */
  url: string
  /** What it does at its callback. */
  callback(at: URL): Promise<Tokens>
  /** Repeats the scope that it asked for first. */
  refresh(tokens: Tokens): Promise<Tokens>
  revoke?(tokens: Tokens): Promise<void>
}

interface Setting {
  issuer: string
  redirect_uri: string
  pkce: boolean
  client_id?: string
}

type Library = (setting: Setting) => Promise<Application>

const LIBRARIES: Record<string, Library> = {
  async 'passport-oauth2'(setting) {
    const { issuer, redirect_uri, pkce, client_id = CLIENT.client_id } = setting
    const strategy = new OAuth2Strategy(
      {
        authorizationURL: `${issuer}/oauth/authorize`,
        tokenURL: `${issuer}/oauth/tokenize`,
        clientID: client_id,
        clientSecret: CLIENT.client_secret,
        callbackURL: redirect_uri,
        scope: SCOPE.split(' '),
        state: true,
        pkce,
      },
      (access_token: string, refresh_token: string, params: object, _profile: object, done: Done) =>
        done(null, { ...params, access_token, refresh_token }),
    )
    const session = {}
    const act = (query: object) =>
      new Promise<{ url?: string; user?: Tokens }>((resolve, reject) => {
        const acting = Object.assign(Object.create(strategy), {
          redirect: (url: string) => resolve({ url }),
          success: (user: Tokens) => resolve({ user }),
          fail: (info: object) => reject(new Error(JSON.stringify(info))),
          error: reject,
        })
        acting.authenticate({ query, session, headers: {} }, {})
      })
    return {
      url: (await act({})).url ?? '',
      callback: async (at) => (await act(Object.fromEntries(at.searchParams))).user as Tokens,
      refresh: ({ refresh_token }) =>
        new Promise((resolve, reject) => {
          const done = (error: unknown, access_token: string, next: string, params: object) =>
            error
              ? reject(error)
              : resolve({ ...params, access_token, refresh_token: next } as unknown as Tokens)
          strategy._oauth2.getOAuthAccessToken(
            refresh_token,
            { grant_type: 'refresh_token', scope: SCOPE },
            done,
          )
        }),
    }
  },

  async 'simple-oauth2'({ issuer, redirect_uri, pkce }) {
    const client = new AuthorizationCode({
      client: { id: CLIENT.client_id, secret: CLIENT.client_secret },
      auth: {
        tokenHost: issuer,
        tokenPath: '/oauth/tokenize',
        authorizePath: '/oauth/authorize',
        revokePath: '/oauth/revoke',
      },
    })
    const code_verifier = randomBytes(32).toString('base64url')
    const code_challenge = hash('sha256', code_verifier, 'base64url')
    const challenge = { code_challenge, code_challenge_method: 'S256' }
    const asked = { redirect_uri, scope: SCOPE, state: 'some state' }
    return {
      url: client.authorizeURL({ ...asked, ...(pkce && challenge) }),
      callback: async (at) => {
        assert.equal(at.searchParams.get('state'), 'some state')
        const code = at.searchParams.get('code')
        return (await client.getToken({ code, redirect_uri, ...(pkce && { code_verifier }) })).token
      },
      refresh: async (tokens) => (await client.createToken(tokens).refresh({ scope: SCOPE })).token,
      revoke: (tokens) => client.createToken(tokens).revoke('refresh_token'),
    }
  },

  async 'openid-client'({ issuer, redirect_uri, pkce }) {
    const { client_id, client_secret } = CLIENT
    const config = await openid.discovery(new URL(issuer), client_id, client_secret, undefined, {
      execute: [openid.allowInsecureRequests],
    })
    const pkceCodeVerifier = openid.randomPKCECodeVerifier()
    const [state, nonce] = [openid.randomState(), openid.randomNonce()]
    const code_challenge = await openid.calculatePKCECodeChallenge(pkceCodeVerifier)
    const challenge = { code_challenge, code_challenge_method: 'S256' }
    const asked = { redirect_uri, scope: SCOPE, state, nonce, ...(pkce && challenge) }
    return {
      url: openid.buildAuthorizationUrl(config, asked).href,
      callback: async (at) => {
        const expected = { expectedState: state, expectedNonce: nonce, ...(pkce && { pkceCodeVerifier }) }
        const tokens = await openid.authorizationCodeGrant(config, at, expected)
        assert.equal(tokens.claims()?.sub, ALICE.sub)
        return tokens as unknown as Tokens
      },
      refresh: async ({ refresh_token }) =>
        (await openid.refreshTokenGrant(config, refresh_token, { scope: SCOPE })) as unknown as Tokens,
      revoke: ({ refresh_token }) => openid.tokenRevocation(config, refresh_token),
    }
  },
}

type Done = (error: unknown, user: object) => void

for (const [name, library] of Object.entries(LIBRARIES)) {
  for (const pkce of [false, true]) {
    test(`${name} on http://localhost ${pkce ? 'with' : 'without'} PKCE: login, exchange, refresh, revocation`, async (t) => {
      const { issuer } = await listen(t, { clients: [CLIENT], users: [ALICE] })
      // The registered address, and a free port, as command line tools take one.
      for (const redirect_uri of ['http://localhost:3000/callback', 'http://localhost:49152/callback']) {
        const application = await library({ issuer, redirect_uri, pkce })
        assert.equal(application.url.includes('code_challenge='), pkce)
        const at = await new HttpBrowser().walk(application.url, redirect_uri, PERSON)
        const tokens = await application.callback(at)
        assert.equal(tokens.scope, CLIENT.scope)
        assert.equal(await emailOf(issuer, tokens), ALICE.email)
        const refreshed = await application.refresh(tokens)
        assert.equal(refreshed.scope, CLIENT.scope)
        assert.notEqual(refreshed.refresh_token, tokens.refresh_token)
        assert.equal(await emailOf(issuer, refreshed), ALICE.email)
        if (application.revoke === undefined) continue
        await application.revoke(refreshed)
        assert.equal(await emailOf(issuer, refreshed), undefined)
        await assert.rejects(application.refresh(refreshed))
      }
    })
  }
}

test('require_pkce: a library that leaves it out gives its developer the name of the setting and of the client', async (t) => {
  const strict = { ...CLIENT, client_id: 'strict', require_pkce: true }
  const { issuer } = await listen(t, { clients: [strict], users: [ALICE] })
  const passport = LIBRARIES['passport-oauth2'] as Library
  const [redirect_uri = ''] = strict.redirect_uris
  const without = await passport({ issuer, redirect_uri, pkce: false, client_id: 'strict' })
  const at = await new HttpBrowser().walk(without.url, redirect_uri, PERSON)
  await assert.rejects(without.callback(at), /client strict must use PKCE \(require_pkce: true\)/)
  const using = await passport({ issuer, redirect_uri, pkce: true, client_id: 'strict' })
  const answer = await new HttpBrowser().walk(using.url, redirect_uri, PERSON)
  assert.ok((await using.callback(answer)).access_token)
})

async function emailOf(issuer: string, { access_token }: Tokens): Promise<string | undefined> {
  const response = await fetch(`${issuer}/oauth/userinfo`, {
    headers: { authorization: `Bearer ${access_token}` },
  })
  return response.ok ? ((await response.json()) as { email: string }).email : undefined
}
