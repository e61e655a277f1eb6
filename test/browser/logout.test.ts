import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { launchChromium, login, newPage } from '../support/chromium.ts'
import { clientServer, listen } from '../support/listen.ts'
import { ALICE, RP, request } from '../support/oidc.ts'

let browser: Browser
before(async () => {
  browser = await launchChromium()
})
after(() => browser.close())

const LOGOUT = `/oauth/logout?${new URLSearchParams({ client_id: 'rp', post_logout_redirect_uri: 'https://rp.example/bye', state: 'x' })}`
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

async function accessible(page: Page, name: string) {
  await page.evaluate(axe)
  const { violations } = (await page.evaluate('axe.run()')) as { violations: { id: string }[] }
  assert.deepEqual(
    violations.map((one) => one.id),
    [],
    name,
  )
}

async function approve(page: Page, issuer: string) {
  await page.goto(issuer + request())
  await login(page, 'alice', 'wonderland')
  await page.getByText('ends when you log out').waitFor()
  await page.getByRole('button', { name: 'Approve' }).click()
  await page.waitForURL(/^https:\/\/rp\.example\/cb/)
}

for (const javaScriptEnabled of [true, false]) {
  test(`a client's logout: asked, then back at the client; JavaScript ${javaScriptEnabled}`, async (t) => {
    const { issuer } = await listen(t, { clients: [RP], users: [ALICE] })
    const page = await newPage(browser, { javaScriptEnabled })
    await approve(page, issuer)
    await page.goto(issuer + LOGOUT)
    await page.getByRole('button', { name: 'Log out' }).click()
    await page.waitForURL('https://rp.example/bye?state=x')
    await page.goto(issuer + request({ prompt: 'none' }))
    await page.waitForURL(/error=login_required/)
  })
}

test('an address that is not registered: asked, logged out, and told on pages that are accessible and fit a phone', async (t) => {
  for (const colorScheme of ['light', 'dark'] as const) {
    const { issuer } = await listen(t, { clients: [RP], users: [ALICE] })
    const page = await newPage(browser, {
      viewport: { width: 320, height: 700 },
      colorScheme,
      bypassCSP: true,
    })
    await approve(page, issuer)
    await page.goto(issuer + LOGOUT.replace('rp.example', 'evil.example'))
    await page.getByText('You will stay here afterwards').waitFor()
    await accessible(page, 'the question')
    assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 320)
    await page.getByRole('button', { name: 'Log out' }).click()
    await page.getByText('You were not sent back').waitFor()
    assert.equal(await page.getByText('post_logout_redirect_uri').count(), 1)
    await accessible(page, 'the answer')
    assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 320)
    // A reload repeats the post: still our page, and nobody is logged in.
    await page.reload()
    await page.getByText('You were not sent back').waitFor()
    await page.goto(issuer + request({ prompt: 'none' }))
    await page.waitForURL(/error=login_required/)
    await page.context().close()
  }
})

test('front channel: the frames are loaded, the page is accessible, and it goes on by itself', async (t) => {
  const { origin, seen } = await clientServer(t, (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>out</title>')
  })
  const frames = { frontchannel_logout_uri: `${origin}/front`, frontchannel_logout_session_required: true }
  const { issuer } = await listen(t, { clients: [{ ...RP, ...frames }], users: [ALICE] })
  const page = await newPage(browser, { viewport: { width: 320, height: 700 }, bypassCSP: true })
  await approve(page, issuer)
  await page.goto(issuer + LOGOUT)
  await accessible(page, 'the question')
  await page.getByRole('button', { name: 'Log out' }).click()
  await page.getByText('You are logged out').waitFor()
  await accessible(page, 'the answer')
  assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 320)
  await page.waitForURL('https://rp.example/bye?state=x')
  assert.equal(seen.length, 1)
  const url = new URL(seen[0]?.url ?? '', origin)
  assert.equal(url.searchParams.get('iss'), issuer)
  assert.match(url.searchParams.get('sid') ?? '', /^[\w-]{20,}$/)
})

test('front channel: our own policy lets the frame in', async (t) => {
  const { origin, seen } = await clientServer(t, (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>out</title>')
  })
  const rp = { ...RP, frontchannel_logout_uri: `${origin}/front` }
  const { issuer } = await listen(t, { clients: [rp], users: [ALICE] })
  const page = await newPage(browser)
  await approve(page, issuer)
  await page.goto(issuer + LOGOUT)
  await page.getByRole('button', { name: 'Log out' }).click()
  await page.getByRole('link', { name: 'Continue' }).click()
  await page.waitForURL('https://rp.example/bye?state=x')
  assert.deepEqual(
    seen.map((one) => one.url),
    ['/front'],
  )
})
