import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { WALK } from '../support/browser-agent.ts'
import { launchChromium, login, newPage } from '../support/chromium.ts'
import { clientServer, listen } from '../support/listen.ts'

// biome-ignore lint/suspicious/noExplicitAny: what runs in the page
declare const document: any

let browser: Browser
before(async () => {
  browser = await launchChromium()
})
after(() => browser.close())

test('a page of a sibling site cannot have codes made by fetch, link, image or hidden frame; a frame with prompt=none can', async (t) => {
  const { issuer, log } = await listen(t)
  const { origin } = await clientServer(t, (_request, response) => {
    response.setHeader('content-type', 'text/html')
    response.end('<!doctype html><title>Sibling</title>')
  })
  const sibling = origin.replace('127.0.0.1', 'localhost')
  const issued = () => log.filter(({ event }) => event === 'code_issued').length
  const answers = () =>
    log
      .filter(({ msg, route }) => msg === 'request' && route === '/oauth/authorize')
      .map(({ status }) => status)
  const page = await newPage(browser)
  await page.goto(issuer + WALK)
  await login(page)
  await page.getByRole('button', { name: 'Approve' }).click()
  await page.waitForURL(/^https:\/\/www\.example\.com\/redirect/)
  await page.goto(issuer + WALK)
  await page.waitForURL(/^https:\/\/www\.example\.com\/redirect\?.*code=/)
  const before = issued()
  assert.equal(before, 2, 'the whole page, and again without a question')

  await page.goto(sibling)
  const known = answers().length
  const seen = async (count: number) => {
    while (answers().length < known + count) await new Promise((resolve) => setTimeout(resolve, 20))
    return answers()[known + count - 1]
  }
  const url = issuer + WALK
  await page.evaluate((to) => fetch(to, { credentials: 'include', mode: 'no-cors' }).catch(() => {}), url)
  assert.equal(await seen(1), 403, 'fetch')
  const add = (tag: string, attributes: Record<string, string>) =>
    page.evaluate(
      ([name, values]) => {
        const element = document.createElement(name)
        for (const [attribute, value] of Object.entries(values)) element.setAttribute(attribute, value)
        // Only to its one place: a frame that is moved loads again.
        document[name === 'iframe' ? 'body' : 'head'].append(element)
      },
      [tag, attributes] as const,
    )
  await add('link', { rel: 'prefetch', href: `${url}&x=2` })
  assert.equal(await seen(2), 403, 'link rel=prefetch')
  await add('img', { src: `${url}&x=3` })
  assert.equal(await seen(3), 403, 'img')
  await add('iframe', { src: `${url}&x=4` })
  assert.equal(await seen(4), 403, 'iframe')
  assert.equal(issued(), before)
  await add('iframe', { src: `${url}&prompt=none` })
  assert.equal(await seen(5), 303, 'iframe with prompt=none')
  assert.equal(issued(), before + 1)
})

test('a link that is rendered ahead issues nothing; whoever then goes there gets the answer', async (t) => {
  const { issuer, log } = await listen(t)
  const { origin } = await clientServer(t, (_request, response) => {
    const rules = { prefetch: [{ urls: [issuer + WALK], eagerness: 'immediate' }] }
    response.setHeader('content-type', 'text/html')
    response.end(`<!doctype html><title>Sibling</title><a href="${issuer + WALK.replaceAll('&', '&amp;')}">Log in</a>
<script type="speculationrules">${JSON.stringify(rules)}</script>`)
  })
  const issued = () => log.filter(({ event }) => event === 'code_issued').length
  const refused = () =>
    log.some(({ msg, reason }) => msg === 'request refused' && /loading ahead/.test(String(reason)))
  const page = await newPage(browser)
  await page.goto(issuer + WALK)
  await login(page)
  await page.getByRole('button', { name: 'Approve' }).click()
  await page.waitForURL(/^https:\/\/www\.example\.com\/redirect/)
  assert.equal(issued(), 1)
  await page.goto(origin.replace('127.0.0.1', 'localhost'))
  while (!refused()) await new Promise((resolve) => setTimeout(resolve, 20))
  assert.equal(issued(), 1)
  await page.getByRole('link').click()
  await page.waitForURL(/^https:\/\/www\.example\.com\/redirect\?.*code=/)
  assert.equal(issued(), 2)
})
