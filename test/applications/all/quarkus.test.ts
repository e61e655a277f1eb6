import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { mavenProgram, startJar } from '../support/maven.ts'
import { applicationBrowser, logIn, site } from '../support/site.ts'

const newPage = applicationBrowser()

const shown = async (page: Page) => JSON.parse((await page.textContent('body')) ?? '')
// It comes back from a log-out with a query.
const home = ({ pathname }: URL) => pathname === '/'
const application = () => ({ jar: mavenProgram('quarkus', 'quarkus', ''), ending: 'properties' })

for (const https of [false, true])
  test(`Quarkus: login with groups and log-out, issuer on ${https ? 'https' : 'http'}`, async (t) => {
    const at = await site(t, 'Quarkus', { https })
    await startJar(t, application(), at)
    const page = await newPage()
    await page.goto(at.app)
    await logIn(page, at.app)
    await page.waitForURL(home)
    const { name, may } = await shown(page)
    assert.equal(name, 'ada')
    assert.deepEqual(may.toSorted(), ['admins', 'staff'])
    assert.equal((await page.request.get(`${at.app}/admins`)).status(), 200)

    await page.goto(`${at.app}/logout`)
    // Back at the application, which asks for a login again.
    await page.locator('input[name=password]').waitFor()
    await logIn(page, at.app, 'bob')
    await page.waitForURL(home)
    assert.equal((await shown(page)).name, 'bob')
    assert.equal((await page.request.get(`${at.app}/admins`)).status(), 403)
  })

test('Quarkus: a session goes on with the refresh token', async (t) => {
  const at = await site(t, 'Quarkus')
  // So long before their end that it renews them at each request.
  const env = { QUARKUS_OIDC_TOKEN_REFRESH_TOKEN_TIME_SKEW: '24H' }
  await startJar(t, { ...application(), env }, at)
  const page = await newPage()
  await page.goto(at.app)
  await logIn(page, at.app)
  await page.waitForURL(home)
  const refreshed = () =>
    at.log.filter(({ event, grant_type }) => event === 'token_issued' && grant_type === 'refresh_token')
      .length
  const before = refreshed()
  await page.goto(at.app)
  assert.equal((await shown(page)).name, 'ada')
  assert.ok(refreshed() > before)
})
