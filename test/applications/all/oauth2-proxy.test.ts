import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Page } from 'playwright-core'
import { clientServer } from '../../support/listen.ts'
import { until } from '../../support/until.ts'
import { CACHE, goProgram, type Program, program } from '../support/program.ts'
import { applicationBrowser, logIn, type Site, site } from '../support/site.ts'

const MODULE = 'github.com/oauth2-proxy/oauth2-proxy/v7@v7.15.6'
const newPage = applicationBrowser()

/** The proxy before an application that shows the headers it gets, and the recipe's link. */
async function application(t: TestContext, at: Site, flags = ''): Promise<Program> {
  goProgram('oauth2-proxy', MODULE)
  const host = (text: string) => text.replaceAll('id.example.com', new URL(at.issuer).host)
  const upstream = await clientServer(t, (request, response) => {
    const headers = JSON.stringify(request.headers)
    response.setHeader('content-type', 'text/html')
    response.end(`${host(at.recipe.block('html'))}<pre>${headers.replaceAll('<', '&lt;')}</pre>`)
  })
  const command = host(at.recipe.block('sh')).replace('http://127.0.0.1:8080', upstream.origin).trimEnd()
  const env = {
    ...at.recipe.env,
    PATH: `${CACHE}:${process.env.PATH}`,
    OAUTH2_PROXY_HTTP_ADDRESS: `127.0.0.1:${at.port}`,
    // The tests' own application has no certificate.
    OAUTH2_PROXY_COOKIE_SECURE: 'false',
    ...(at.ca && { OAUTH2_PROXY_PROVIDER_CA_FILES: at.ca }),
  }
  return program(t, ['sh', '-c', `${command}${flags}`], { url: `${at.app}/ping`, env })
}

/** From the first address to our login page, and back. */
async function begin(page: Page, at: Site, username?: string): Promise<void> {
  await page.goto(at.app)
  await page.getByRole('button', { name: /sign in/i }).click()
  await logIn(page, at.app, username)
}

const headers = async (page: Page) => JSON.parse((await page.textContent('pre')) ?? '')

for (const https of [false, true])
  test(`oauth2-proxy: login with groups and log-out, issuer on ${https ? 'https' : 'http'}`, async (t) => {
    const at = await site(t, 'oauth2-proxy', { https })
    await application(t, at)
    const page = await newPage()
    await begin(page, at)
    const seen = await headers(page)
    assert.equal(seen['x-forwarded-user'], 'u-1001')
    assert.equal(seen['x-forwarded-preferred-username'], 'ada')
    assert.equal(seen['x-forwarded-email'], 'ada@example.com')
    assert.deepEqual(seen['x-forwarded-groups'].split(','), ['staff', 'admins'])

    await page.getByRole('link', { name: 'Log out' }).click()
    await page.waitForURL((url) => url.origin === at.issuer)
    await page.locator('button[type=submit]').first().click()
    await page.waitForURL(`${at.app}/`)
    await page.getByRole('button', { name: /sign in/i }).click()
    await page.locator('input[name=password]').waitFor()
  })

test('oauth2-proxy: who is in none of the allowed groups stays outside', async (t) => {
  const at = await site(t, 'oauth2-proxy')
  const proxy = await application(t, at)
  const page = await newPage()
  await begin(page, at, 'bob')
  assert.match((await page.textContent('body')) ?? '', /403/)
  assert.equal(await page.locator('pre').count(), 0)
  assert.match(proxy.output(), /unauthorized/i)
})

test('oauth2-proxy: --cookie-refresh takes the refresh token', async (t) => {
  const at = await site(t, 'oauth2-proxy')
  // The last one counts.
  await application(t, at, ' --cookie-refresh=1s')
  const page = await newPage()
  await begin(page, at)
  const refreshed = () =>
    at.log.filter(({ event, grant_type }) => event === 'token_issued' && grant_type === 'refresh_token')
      .length
  await until(async () => {
    await page.goto(at.app)
    return refreshed() >= 2
  }, 'two refreshes')
  assert.equal((await headers(page))['x-forwarded-preferred-username'], 'ada')
})
