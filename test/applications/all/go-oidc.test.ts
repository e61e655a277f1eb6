import assert from 'node:assert/strict'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { Page } from 'playwright-core'
import { program, run } from '../support/program.ts'
import { builtProject } from '../support/project.ts'
import { applicationBrowser, logIn, type Site, site } from '../support/site.ts'

const newPage = applicationBrowser()

async function application(t: TestContext, { recipe, port, app, ca }: Site): Promise<void> {
  const lines = recipe.block('go')
  const build = (folder: string) => run('go', ['build', '-o', 'application', '.'], folder)
  const folder = builtProject('go-oidc', { name: 'go-oidc', lines, build })
  const env = { ...recipe.env, APP_PORT: String(port), ...(ca && { SSL_CERT_FILE: ca }) }
  await program(t, [join(folder, 'application')], { url: app, env })
}

interface Shown {
  person: Record<string, unknown> | null
  idToken: string
  accessToken?: string
}

const shown = async (page: Page): Promise<Shown> => JSON.parse((await page.textContent('body')) ?? '')

const call = (at: Site, token = '') =>
  fetch(`${at.app}/api`, { headers: { authorization: `Bearer ${token}` } })

for (const https of [false, true])
  test(`go-oidc: login, refresh and log-out, issuer on ${https ? 'https' : 'http'}`, async (t) => {
    const at = await site(t, 'Go with go-oidc', { https })
    await application(t, at)
    const page = await newPage()
    await page.goto(`${at.app}/login`)
    await logIn(page, at.app)
    const first = await shown(page)
    assert.equal(first.person?.preferred_username, 'ada')
    assert.deepEqual(first.person?.groups, ['staff', 'admins'])

    await page.goto(`${at.app}/refresh`)
    const { accessToken } = await shown(page)
    assert.ok(accessToken)
    assert.notEqual(accessToken, first.accessToken)
    const answer = await call(at, accessToken)
    assert.equal(answer.status, 200)
    assert.deepEqual(((await answer.json()) as { groups: unknown }).groups, ['staff', 'admins'])

    await page.goto(`${at.app}/logout`)
    assert.equal(page.url(), `${at.app}/`)
    assert.equal((await shown(page)).person, null)
    await page.goto(`${at.app}/login`)
    await page.locator('input[name=password]').waitFor()
  })

test('go-oidc: an API takes access tokens of the issuer, and no ID tokens', async (t) => {
  const [at, other] = [await site(t, 'Go with go-oidc'), await site(t, 'Go with go-oidc')]
  const tokens: Shown[] = []
  for (const one of [at, other]) {
    await application(t, one)
    const page = await newPage()
    await page.goto(`${one.app}/login`)
    await logIn(page, one.app)
    tokens.push(await shown(page))
  }
  const [own, foreign] = tokens
  assert.equal((await call(at, own?.accessToken)).status, 200)
  assert.equal((await call(other, foreign?.accessToken)).status, 200)
  for (const token of [own?.idToken, foreign?.accessToken, ''])
    assert.equal((await call(at, token)).status, 401)
})
