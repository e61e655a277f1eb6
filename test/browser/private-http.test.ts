import assert from 'node:assert/strict'
import { test } from 'node:test'
import { launchChromium, login, newPage } from '../support/chromium.ts'
import { clientServer, freePort, listen } from '../support/listen.ts'
import { ALICE, RP, request } from '../support/oidc.ts'

test('plain http in a private network: login, consent, back at the client, logout', async (t) => {
  // Two hosts, so that what browsers do between sites is seen; names that no resolver outside is asked for.
  const browser = await launchChromium(['--host-resolver-rules=MAP *.lan 127.0.0.1'])
  t.after(() => browser.close())
  const port = await freePort()
  const app = await clientServer(t, (_request, response) => response.end('the application'))
  const origin = `http://app.lan:${new URL(app.origin).port}`
  const redirect_uri = `${origin}/cb`
  const bye = `${origin}/bye`
  const client = { ...RP, redirect_uris: [redirect_uri], post_logout_redirect_uris: [bye] }
  const env = {
    PORT: String(port),
    ISSUER: `http://id.lan:${port}`,
    ALLOW_HTTP: 'true',
    DEMO_HOSTS: 'id.lan',
  }
  const { issuer, log } = await listen(t, { clients: [client], users: [ALICE], env })
  const page = await newPage(browser)
  const fetchHeaders: (string | undefined)[] = []
  page.on('request', (sent) => {
    if (sent.url().startsWith(issuer)) fetchHeaders.push(sent.headers()['sec-fetch-site'])
  })
  await page.goto(issuer + request({ redirect_uri }))
  await login(page, 'alice', 'wonderland')
  await page.getByRole('button', { name: 'Approve' }).click()
  await page.waitForURL(`${redirect_uri}?*`)
  // What the server cannot know here, and does not miss.
  assert.deepEqual([...new Set(fetchHeaders)], [undefined])
  // Logged in: a second time nobody is asked.
  await page.goto(issuer + request({ redirect_uri, prompt: 'none' }))
  await page.waitForURL(/\/cb\?.*code=/)
  for (const cookie of await page.context().cookies(issuer)) assert.ok(cookie.httpOnly && !cookie.secure)
  await page.goto(
    `${issuer}/oauth/logout?${new URLSearchParams({ client_id: 'rp', post_logout_redirect_uri: bye })}`,
  )
  await page.getByRole('button', { name: 'Log out' }).click()
  await page.waitForURL(bye)
  assert.ok(!log.some(({ status }) => Number(status) >= 400))
})
