import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import type { ClientEntry } from '../../../src/config/schema.ts'
import { listen } from '../../support/listen.ts'
import { mavenProgram, startJar } from '../support/maven.ts'
import { applicationBrowser, logIn, PEOPLE, type Site, site } from '../support/site.ts'

const newPage = applicationBrowser()

const shown = async (page: Page) => JSON.parse((await page.textContent('body')) ?? '')

for (const https of [false, true])
  test(`Spring Boot: login with groups and log-out, issuer on ${https ? 'https' : 'http'}`, async (t) => {
    const at = await site(t, 'Spring Boot', { https })
    await startJar(t, { jar: mavenProgram('spring', 'spring-login', at.recipe.block('java')) }, at)
    const page = await newPage()
    await page.goto(at.app)
    await logIn(page, at.app)
    const { name, may } = await shown(page)
    assert.equal(name, 'ada')
    assert.ok(may.includes('ROLE_admins') && may.includes('ROLE_staff'), may.join())
    assert.equal((await page.goto(`${at.app}/admins`))?.status(), 200)

    await page.goto(`${at.app}/logout`)
    await page.getByRole('button', { name: /log out/i }).click()
    // Back at the application, which asks for a login again.
    await page.locator('input[name=password]').waitFor()
    await logIn(page, at.app, 'bob')
    assert.equal((await shown(page)).name, 'bob')
    assert.equal((await page.goto(`${at.app}/admins`))?.status(), 403)
  })

const HEADING = 'Protect an API with Spring'
// So that a test gets tokens without a browser.
const PASSWORD: Partial<ClientEntry> = { grant_types: ['authorization_code', 'password'] }

/** The tokens of a person for the recipe's client, from this issuer. */
async function tokensOf(issuer: string, { recipe }: Site, username: string) {
  const { client_id, client_secret } = recipe.client
  const password = `a password of ${username}`
  const fields = { grant_type: 'password', username, password, scope: 'openid profile groups' }
  const body = new URLSearchParams({ ...fields, client_id, client_secret: client_secret ?? '' })
  const response = await fetch(`${issuer}/oauth/tokenize`, { method: 'POST', body })
  assert.equal(response.status, 200)
  return (await response.json()) as { access_token: string; id_token: string }
}

const headerOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString())

/** What the API answers to this token. */
async function call(at: Site, token: string, path = '/') {
  const response = await fetch(`${at.app}${path}`, { headers: { authorization: `Bearer ${token}` } })
  return {
    status: response.status,
    why: response.headers.get('www-authenticate') ?? '',
    text: await response.text(),
  }
}

for (const typ of ['at+jwt', 'JWT'] as const)
  test(`Spring API: takes access tokens of type ${typ} of this issuer, and nothing else`, async (t) => {
    const at = await site(t, HEADING, { change: { ...PASSWORD, access_token_typ: typ } })
    const beans = typ === 'at+jwt' ? at.recipe.block('java') : ''
    await startJar(t, { jar: mavenProgram('spring', `spring-api-${typ.replace('+', '-')}`, beans) }, at)

    const { access_token, id_token } = await tokensOf(at.issuer, at, 'ada')
    assert.equal(headerOf(access_token).typ, typ)
    const ada = await call(at, access_token)
    assert.equal(ada.status, 200, ada.why)
    const { name, may } = JSON.parse(ada.text)
    assert.equal(name, 'u-1001')
    assert.ok(may.includes('ROLE_admins') && may.includes('ROLE_staff'), may.join())
    assert.equal((await call(at, access_token, '/admins')).status, 200)
    const bob = await tokensOf(at.issuer, at, 'bob')
    assert.equal((await call(at, bob.access_token)).status, 200)
    assert.equal((await call(at, bob.access_token, '/admins')).status, 403)

    const asAccessToken = await call(at, id_token)
    assert.equal(asAccessToken.status, 401)
    assert.match(asAccessToken.why, typ === 'JWT' ? /aud/ : /typ/)

    const client = { ...at.recipe.client, ...PASSWORD, access_token_typ: typ }
    const other = await listen(t, { clients: [client], users: PEOPLE })
    const foreign = await call(at, (await tokensOf(other.issuer, at, 'ada')).access_token)
    assert.equal(foreign.status, 401)
    assert.equal((await call(at, '')).status, 401)
  })

test('Spring API: its own decoder refuses at+jwt, and takes ID tokens where it asks for no audience', async (t) => {
  const at = await site(t, HEADING, { change: PASSWORD })
  const block = (language: string) => at.recipe.block(language).replace(/ +audiences: .*\n/, '')
  const jar = mavenProgram('spring', 'spring-api-JWT', '')
  await startJar(t, { jar }, { ...at, recipe: { ...at.recipe, block } })
  const { access_token, id_token } = await tokensOf(at.issuer, at, 'ada')
  const refused = await call(at, access_token)
  assert.equal(refused.status, 401)
  assert.match(refused.why, /typ/)
  assert.equal((await call(at, id_token)).status, 200)
})
