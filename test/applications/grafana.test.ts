import assert from 'node:assert/strict'
import { hash, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { decodeJwt } from 'jose'
import { HttpBrowser } from '../support/http-browser.ts'
import { type Site, site } from './support/site.ts'

// What Grafana's generic_oauth sends, and where it looks for what.

type Settings = Record<string, string>

/** The section of grafana.ini, with the variables that it names. */
function settingsOf({ recipe }: Site): Settings {
  const lines = [...recipe.block('ini').matchAll(/^(\w+) = (.+)$/gm)]
  const value = (text = '') => text.replace(/\$\{(\w+)\}/, (_all, name) => recipe.env[name] ?? '')
  return Object.fromEntries(lines.map(([, name, text]) => [name, value(text)]))
}

async function token(settings: Settings, form: Record<string, string>): Promise<Record<string, string>> {
  const { client_id, client_secret } = settings
  const credentials = [client_id, client_secret].map((one) => encodeURIComponent(String(one))).join(':')
  const answer = await fetch(String(settings.token_url), {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(credentials)}` },
    body: new URLSearchParams(form),
  })
  assert.equal(answer.status, 200)
  return (await answer.json()) as Record<string, string>
}

for (const https of [false, true])
  test(`Grafana: login, role by group, refresh, log-out; https ${https}`, async (t) => {
    const at = await site(t, 'Grafana', { https })
    const settings = settingsOf(at)
    assert.deepEqual([settings.use_pkce, settings.use_refresh_token], ['true', 'true'])
    const redirect_uri = `${at.app}/login/generic_oauth`
    const code_verifier = randomBytes(32).toString('base64url')
    const query = new URLSearchParams({
      ...{ client_id: String(settings.client_id), redirect_uri, response_type: 'code', state: 'x' },
      ...{ scope: String(settings.scopes), access_type: 'offline' },
      ...{ code_challenge: hash('sha256', code_verifier, 'base64url'), code_challenge_method: 'S256' },
    })
    const browser = new HttpBrowser()
    const login = { username: 'ada', password: 'a password of ada' }
    const back = await browser.walk(`${settings.auth_url}?${query}`, redirect_uri, login)
    const code = String(back.searchParams.get('code'))
    const tokens = await token(settings, {
      grant_type: 'authorization_code',
      code,
      redirect_uri,
      code_verifier,
    })
    const userinfo = await fetch(String(settings.api_url), {
      headers: { authorization: `Bearer ${tokens.access_token}` },
    })
    // The same in both places: `role_attribute_path` and `login_attribute_path` are asked of one after the other.
    for (const claims of [decodeJwt(String(tokens.id_token)), await userinfo.json()] as Record<
      string,
      unknown
    >[]) {
      assert.ok((claims.groups as string[]).includes('admins'))
      assert.deepEqual(
        [claims[String(settings.login_attribute_path)], claims.email, claims.name],
        ['ada', 'ada@example.com', 'Ada Lovelace'],
      )
    }
    const again = await token(settings, {
      grant_type: 'refresh_token',
      refresh_token: String(tokens.refresh_token),
    })
    assert.notEqual(again.refresh_token, tokens.refresh_token)
    const out = new URL(String(settings.signout_redirect_url))
    out.searchParams.set('id_token_hint', String(tokens.id_token))
    const { url } = await browser.visit(out.href, at.app)
    assert.equal(url.href, `${at.app}/login`)
  })
