import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { WALK } from '../support/browser-agent.ts'
import { launchChromium, login, newPage } from '../support/chromium.ts'
import { FaultyMemoryStore } from '../support/faulty-store.ts'
import { listen } from '../support/listen.ts'

let browser: Browser
before(async () => {
  browser = await launchChromium()
})
after(() => browser.close())

const password = (page: Page) => page.locator('#password')
const button = (page: Page) => page.locator('form[method="post"] button[type="submit"]')

test('a password is shown and hidden where the caret is, and never sent as a text', async (t) => {
  const { issuer } = await listen(t)
  const page = await newPage(browser)
  await page.goto(issuer + WALK)
  await page.getByLabel('User name').fill('admin')
  await password(page).fill('admin')
  await password(page).press('ArrowLeft')
  const show = page.getByRole('button', { name: 'Show' })
  assert.equal(await show.getAttribute('aria-pressed'), 'false')
  await show.click()
  const hide = page.getByRole('button', { name: 'Hide' })
  assert.equal(await hide.getAttribute('aria-pressed'), 'true')
  assert.equal(await password(page).getAttribute('type'), 'text')
  const caret = await page.evaluate('[document.activeElement.id, document.activeElement.selectionStart]')
  assert.deepEqual(caret, ['password', 4])
  const types = page.evaluate(
    'new Promise((done) => addEventListener("submit", () => done(document.querySelector("#password").type)))',
  )
  await button(page).click()
  assert.equal(await types, 'password')
  await page.locator('.decision').waitFor()
})

test('a wrong password is marked and has the focus; the user name stays', async (t) => {
  const { issuer } = await listen(t)
  const page = await newPage(browser)
  await page.goto(issuer + WALK)
  await login(page, 'admin', 'wrong')
  await page.getByRole('alert').waitFor()
  assert.equal(await password(page).getAttribute('aria-invalid'), 'true')
  const described = await password(page).getAttribute('aria-describedby')
  assert.match(String(await page.locator(`#${described}`).textContent()), /user name or password is wrong/)
  assert.equal(await page.evaluate('document.activeElement.id'), 'password')
  assert.equal(await page.getByLabel('User name').inputValue(), 'admin')
})

for (const javaScriptEnabled of [true, false])
  test(`whoever has to wait is told how long; ${javaScriptEnabled ? 'the button waits, too' : 'without a script the button works'}`, async (t) => {
    const { issuer } = await listen(t)
    const page = await newPage(browser, { javaScriptEnabled })
    // The page's clock stands: however slow this machine is, its wait is not over.
    const now = Date.now()
    if (javaScriptEnabled) await page.clock.setFixedTime(now)
    await page.goto(issuer + WALK)
    const waiting = page.locator('[data-wait]')
    for (let at = 0; at < 30 && (await waiting.count()) === 0; at++) {
      await page.getByLabel('User name').fill('admin')
      await password(page).fill(`wrong ${at}`)
      await Promise.all([
        page.waitForResponse((one) => one.request().method() === 'POST'),
        button(page).click(),
      ])
      await page.getByRole('alert').waitFor()
    }
    assert.match(String(await waiting.textContent()), /Please try again in \d+ (second|minute)/)
    assert.match(String(await waiting.getAttribute('class')), /\bwait\b/)
    assert.equal(await password(page).getAttribute('aria-invalid'), null)
    assert.equal(await button(page).isDisabled(), javaScriptEnabled)
    if (!javaScriptEnabled) return
    assert.match(String(await button(page).textContent()), /^\d+:\d\d$/)
    await page.clock.setFixedTime(now + 3_600_000)
    await page.getByRole('button', { name: 'Log in', disabled: false }).waitFor()
  })

test('with eight scopes both choices are in sight, on a phone too; the end that is chosen there is the end', async (t) => {
  const scope = 'openid profile email phone address groups offline_access calendar'
  const { issuer } = await listen(t, {
    clients: [
      {
        client_id: 'rp',
        client_secret: 'password',
        redirect_uris: ['https://rp.example/cb'],
        grant_types: ['authorization_code', 'refresh_token'],
        scope,
        consent_lifetimes: [3600, 28_800],
      },
    ],
  })
  const query = { client_id: 'rp', redirect_uri: 'https://rp.example/cb', response_type: 'code', scope }
  const page = await newPage(browser, { viewport: { width: 360, height: 740 } })
  await page.goto(`${issuer}/oauth/authorize?${new URLSearchParams(query)}`)
  await login(page)
  await page.locator('.decision').waitFor()
  for (const [width, height] of [
    [1024, 640],
    [360, 740],
  ] as const) {
    await page.setViewportSize({ width, height })
    for (const name of ['Deny', 'Approve']) {
      const box = await page.getByRole('button', { name }).boundingBox()
      assert.ok(box && box.y >= 0 && box.y + box.height <= height, JSON.stringify(box))
    }
  }
  // Not where it would cover half of what there is to read: 1280 × 1024 at 400 %.
  await page.setViewportSize({ width: 320, height: 256 })
  assert.equal(await page.evaluate('getComputedStyle(document.querySelector(".held")).position'), 'static')
  assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 320)
  await page.getByLabel('How long').selectOption('8 hours')
  await page.getByRole('button', { name: 'Approve' }).click()
  await page.waitForURL(/^https:\/\/rp\.example\/cb\?/)
  await page.goto(`${issuer}/account`)
  await page
    .getByText(/^.*Until .*$/m)
    .first()
    .waitFor()
})

test('whoever has caps lock on is told so, and no longer when it is off', async (t) => {
  const { issuer } = await listen(t)
  const page = await newPage(browser)
  await page.goto(`${issuer}/login`)
  const typed = (modifierCapsLock: boolean) =>
    password(page).dispatchEvent('keydown', { key: 'a', modifierCapsLock })
  const hint = page.getByText('Caps lock is on')
  assert.equal(await hint.count(), 0)
  await typed(true)
  await hint.waitFor()
  await typed(false)
  await hint.waitFor({ state: 'detached' })
})

test('a form that is sent twice at once is sent once; after a while it can be sent again', async (t) => {
  const { issuer } = await listen(t)
  const page = await newPage(browser)
  await page.clock.install()
  await page.goto(`${issuer}/login`)
  // Neither leaves the page: what counts is what the browser would have sent.
  await page.evaluate(`{
    window.sent = 0
    addEventListener('submit', (event) => {
      if (!event.defaultPrevented) window.sent++
      event.preventDefault()
    })
  }`)
  const send = () => page.evaluate('document.querySelector("form[method=post]").requestSubmit()')
  await page.getByLabel('User name').fill('admin')
  await password(page).fill('admin')
  for (const times of [1, 1, 1]) {
    await send()
    assert.equal(await page.evaluate('window.sent'), times)
  }
  await page.clock.fastForward(5001)
  await send()
  assert.equal(await page.evaluate('window.sent'), 2)
})

test('no letter of an application has a colour like that of a button', async (t) => {
  const { issuer } = await listen(t)
  for (const colorScheme of ['light', 'dark'] as const) {
    const page = await newPage(browser, { colorScheme })
    for (const accent of ['', '#b3261e', '#1a4fd6', '#808080']) {
      await page.goto(`${issuer}/login`)
      const hues = (await page.evaluate(`{
        if ('${accent}') document.documentElement.style.setProperty('--accent', '${accent}')
        const hue = (style, name) => {
          const one = document.createElement('span')
          one.className = name
          one.style.background = style
          document.body.append(one)
          const [, hue] = /^oklch\\(\\S+ \\S+ ([\\d.]+)/.exec(getComputedStyle(one).backgroundColor)
          return Number(hue)
        }
        const tiles = Array.from({ length: 12 }, (_, at) => hue('', 'letter tile-' + at));
        [hue('oklch(from var(--accent) l 0.1 h)', ''), ...tiles]
      }`)) as number[]
      const [button = 0, ...tiles] = hues
      assert.equal(new Set(tiles.map(Math.round)).size, 12)
      for (const tile of tiles) {
        const apart = Math.abs(tile - button) % 360
        assert.ok(Math.min(apart, 360 - apart) > 30, `${accent}: ${tile} beside ${button}`)
      }
    }
  }
})

test('a store that is down when a form is sent: the page leads back to the form', async (t) => {
  const store = new FaultyMemoryStore()
  const { issuer } = await listen(t, { store })
  const page = await newPage(browser)
  await page.goto(issuer + WALK)
  await login(page)
  await page.locator('.decision').waitFor()
  store.fault = () => 'before'
  await page.getByRole('button', { name: 'Approve' }).click()
  await page.getByRole('heading', { name: 'Please try again' }).waitFor()
  store.fault = () => 'none'
  await page.getByRole('link', { name: 'Try again' }).click()
  await page.getByRole('button', { name: 'Approve' }).click()
  await page.waitForURL(/^https:.*[?&]code=/)
})

test('an application that nobody knows: the page says so, and leads to the start page', async (t) => {
  const { issuer } = await listen(t)
  const page = await newPage(browser)
  await page.goto(`${issuer}/oauth/authorize?client_id=nobody`)
  await page.getByRole('heading', { name: 'This link does not work' }).waitFor()
  assert.equal(await page.getByText('nobody').isVisible(), false, 'folded')
  await page.getByRole('link', { name: 'Go to the start page' }).click()
  await page.getByRole('link', { name: 'Log in' }).waitFor()
})
