import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { WALK } from '../support/browser-agent.ts'
import { addPage, launchChromium, login, newPage } from '../support/chromium.ts'
import { clientServer, listen } from '../support/listen.ts'

let browser: Browser
before(async () => {
  browser = await launchChromium()
})
after(() => browser.close())

const approve = (page: Page) => page.getByRole('button', { name: 'Approve' }).click()
const atClient = (page: Page) => page.waitForURL(/^https:\/\/www\.example\.com\/redirect/)
const heading = (page: Page) => page.getByRole('heading', { level: 1 }).textContent()

test('login, wrong password first, consent, approve; then the same URL goes straight through', async (t) => {
  const { issuer } = await listen(t)
  const page = await newPage(browser)
  await page.goto(issuer + WALK)
  await login(page, 'admin', 'wrong')
  await page.getByRole('alert').waitFor()
  assert.equal(await page.getByLabel('User name').inputValue(), 'admin')
  await login(page)
  assert.match(String(await heading(page)), /Test Client/)
  await approve(page)
  await atClient(page)
  const answer = new URL(page.url()).searchParams
  assert.deepEqual([...answer.keys()], ['state', 'code', 'scope', 'iss'])
  await page.goto(issuer + WALK)
  await atClient(page)
  assert.notEqual(new URL(page.url()).searchParams.get('code'), answer.get('code'))
})

test('deny, then the back button and approve', async (t) => {
  const { issuer } = await listen(t)
  const page = await newPage(browser)
  await page.goto(issuer + WALK)
  await login(page)
  await page.getByRole('button', { name: 'Deny' }).click()
  await atClient(page)
  assert.equal(new URL(page.url()).searchParams.get('error'), 'access_denied')
  await page.goBack()
  await approve(page)
  await atClient(page)
  assert.ok(new URL(page.url()).searchParams.get('code'))
})

test('each prompt value and max_age=0', async (t) => {
  const { issuer } = await listen(t)
  const page = await newPage(browser)
  await page.goto(`${issuer}${WALK}&prompt=none`)
  await atClient(page)
  assert.equal(new URL(page.url()).searchParams.get('error'), 'login_required')
  await page.goto(issuer + WALK)
  await login(page)
  await approve(page)
  await atClient(page)
  await page.goto(`${issuer}${WALK}&prompt=none`)
  await atClient(page)
  assert.ok(new URL(page.url()).searchParams.get('code'))
  for (const extra of ['&prompt=login', '&max_age=0']) {
    await page.goto(issuer + WALK + extra)
    await login(page)
    await atClient(page)
    assert.ok(new URL(page.url()).searchParams.get('code'), extra)
  }
  await page.goto(`${issuer}${WALK}&prompt=consent`)
  await approve(page)
  await atClient(page)
  await page.goto(`${issuer}${WALK}&prompt=select_account`)
  await page.getByRole('button', { name: /Continue as/ }).click()
  await atClient(page)
  await page.goto(`${issuer}${WALK}&prompt=select_account`)
  await page.getByRole('link', { name: 'Use another account' }).click()
  await login(page)
  await atClient(page)
})

test('two tabs: a login in one, the stale login form in the other still works', async (t) => {
  const { issuer } = await listen(t)
  const first = await newPage(browser)
  const second = await addPage(first.context())
  await first.goto(issuer + WALK)
  await second.goto(issuer + WALK)
  await login(first)
  await login(second)
  await approve(second)
  await atClient(second)
  // The first tab's form was made for a login that the second one has replaced: it asks again, and goes on.
  await approve(first)
  await first.waitForURL((url) => url.hostname === 'www.example.com' || url.pathname === '/consent')
  if (first.url().includes('/consent')) await approve(first)
  await atClient(first)
  assert.ok(new URL(first.url()).searchParams.get('code'))
})

test('a session that expired on the consent page asks for the login again, with a notice, and goes on', async (t) => {
  const { issuer, clock } = await listen(t)
  const page = await newPage(browser)
  await page.goto(issuer + WALK)
  await login(page)
  clock.now += 86_400
  await approve(page)
  await page.getByRole('status').waitFor()
  await login(page)
  await approve(page)
  await atClient(page)
})

test('a client callback that redirects on to another origin and to a custom scheme is not blocked', async (t) => {
  const other = await clientServer(t, (_request, response) => response.end('arrived'))
  const hop = await clientServer(t, (request, response) => {
    const location = request.url?.includes('app')
      ? 'com.example.app:/done'
      : `${other.origin.replace('127.0.0.1', 'localhost')}/done`
    response.writeHead(302, { location }).end()
  })
  const { issuer } = await listen(t, {
    clients: [
      { client_id: 'local', redirect_uris: ['http://127.0.0.1/web', 'http://127.0.0.1/app'], scope: 'email' },
    ],
  })
  const challenge = hash('sha256', 'v'.repeat(43), 'base64url')
  const url = (path: string) =>
    `${issuer}/oauth/authorize?${new URLSearchParams({
      client_id: 'local',
      response_type: 'code',
      redirect_uri: hop.origin + path,
      code_challenge: challenge,
      code_challenge_method: 'S256',
      state: 's',
    })}`
  const page = await newPage(browser)
  const violations: string[] = []
  page.on('console', (message) => {
    if (/Content.Security.Policy/i.test(message.text())) violations.push(message.text())
  })
  await page.goto(url('/web'))
  await login(page)
  await approve(page)
  await page.waitForURL(/\/done$/)
  assert.equal(await page.textContent('body'), 'arrived')
  await page.goto(url('/app'))
  await approve(page)
  for (let waited = 0; waited < 50 && !hop.seen.some((one) => one.url.startsWith('/app')); waited++) {
    await page.waitForTimeout(50)
  }
  assert.ok(hop.seen.some((one) => one.url.startsWith('/app?')))
  assert.deepEqual(violations, [])
})

test('form_post: the answer arrives as a post, with and without JavaScript', async (t) => {
  const client = await clientServer(t, (_request, response) => response.end('posted'))
  const { issuer } = await listen(t, {
    clients: [
      {
        client_id: 'local',
        client_secret: 'x',
        redirect_uris: ['http://127.0.0.1/cb'],
        scope: 'email',
        skip_consent: true,
      },
    ],
  })
  const url = `${issuer}/oauth/authorize?${new URLSearchParams({
    client_id: 'local',
    response_type: 'code',
    redirect_uri: `${client.origin}/cb`,
    response_mode: 'form_post',
    code_challenge: hash('sha256', 'v'.repeat(43), 'base64url'),
    code_challenge_method: 'S256',
    state: 's',
  })}`
  for (const javaScriptEnabled of [true, false]) {
    const page = await newPage(browser, { javaScriptEnabled })
    await page.goto(url)
    await login(page)
    if (!javaScriptEnabled) await page.getByRole('button', { name: 'Continue' }).click()
    await page.waitForURL(`${client.origin}/cb`)
    assert.match(client.seen.at(-1)?.body ?? '', /^state=s&code=ac_/)
  }
})

test('without JavaScript, on a phone, in the dark: the whole walk by keyboard', async (t) => {
  const { issuer } = await listen(t)
  const page = await newPage(browser, {
    javaScriptEnabled: false,
    viewport: { width: 320, height: 640 },
    colorScheme: 'dark',
  })
  await page.goto(issuer + WALK)
  await page.locator('#username:focus').waitFor()
  await page.keyboard.type('admin')
  await page.keyboard.press('Tab')
  await page.keyboard.type('admin')
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Approve' }).waitFor()
  await page.getByRole('button', { name: 'Approve' }).focus()
  await page.keyboard.press('Enter')
  await atClient(page)
})

test('every page passes axe, and nothing overflows at 320 px, light and dark', async (t) => {
  const long = 'An application with a very long name that somebody-typed-without-any-spaces-in-it-at-all'
  const { issuer } = await listen(t, {
    clients: [
      {
        client_id: 'long',
        client_secret: 'x',
        client_name: long,
        redirect_uris: ['https://a.very.long.host.name.example.com/cb'],
        scope: 'email profile phone',
        client_uri: 'https://x.example',
        policy_uri: 'https://x.example',
        tos_uri: 'https://x.example',
      },
    ],
  })
  const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
  for (const colorScheme of ['light', 'dark'] as const) {
    const page = await newPage(browser, {
      colorScheme,
      viewport: { width: 320, height: 700 },
      bypassCSP: true,
    })
    const check = async (name: string) => {
      await page.evaluate(axe)
      const { violations } = (await page.evaluate('axe.run()')) as {
        violations: { id: string; nodes: unknown[] }[]
      }
      assert.deepEqual(
        violations.map((one) => one.id),
        [],
        `${name} ${colorScheme}`,
      )
      assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 320, `${name} overflows`)
    }
    const url = `${issuer}/oauth/authorize?client_id=long&response_type=code`
    await page.goto(`${issuer}/`)
    await check('home')
    await page.goto(`${issuer}/oauth/authorize?client_id=nobody`)
    await check('error')
    await page.goto(url)
    await check('login')
    await login(page, 'admin', 'wrong')
    await check('login with an error')
    await login(page)
    await check('consent')
    await page.goto(`${url}&prompt=select_account`)
    await check('select-account')
    await page.goto(`${issuer}${WALK}&prompt=consent`)
    await approve(page)
    await atClient(page)
    await page.goto(`${issuer}/`)
    await check('home with an application')
    await page.goto(`${issuer}/logout`)
    await check('logout')
    await page.getByRole('button', { name: 'Log out' }).click()
    await check('logged out')
  }
})
