import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { Agent } from '../support/browser-agent.ts'
import { launchChromium, login, newPage } from '../support/chromium.ts'
import { clientServer, freePort, listen } from '../support/listen.ts'
import { ALICE, RP, request } from '../support/oidc.ts'

let browser: Browser
before(async () => {
  browser = await launchChromium()
})
after(() => browser.close())

const BOB = { username: 'bob', password: 'builder', sub: 'sub-bob' }

test("another port of the host plants its own session on a longer path: alice's client gets no code of bob's", async (t) => {
  const port = await freePort()
  const env = { PORT: String(port), ISSUER: `http://localhost:${port}/auth` }
  const server = await listen(t, { clients: [{ ...RP, skip_consent: true }], users: [ALICE, BOB], env })
  const { issuer, log } = server
  const page = await newPage(browser)
  await page.goto(issuer + request())
  await login(page, 'alice', 'wonderland')
  await page.waitForURL(/^https:\/\/rp\.example\/cb/)
  const attacker = new Agent(server.app)
  attacker.headers.host = new URL(issuer).host
  const form = await attacker.get('/auth/login')
  await attacker.submit(form, { username: 'bob', password: 'builder' })
  const name = [...attacker.cookies.keys()].find((one) => one.includes('session')) as string
  const planted = `${name}=${attacker.cookies.get(name)}; Path=/auth/oauth/authorize`
  const { origin } = await clientServer(t, (_request, response) => {
    response
      .writeHead(200, { 'content-type': 'text/html', 'set-cookie': planted })
      .end('<title>planted</title>')
  })
  await page.goto(origin.replace('127.0.0.1', 'localhost'))
  const cookies = (await page.context().cookies(`${issuer}/oauth/authorize`)).filter(
    (one) => one.name === name,
  )
  assert.equal(cookies.length, 2, 'Chromium has both')
  await page.goto(issuer + request({ prompt: 'none' }))
  await page.waitForURL(/^https:\/\/rp\.example\/cb\?state=.*code=/)
  const issued = log.filter(({ event }) => event === 'code_issued')
  assert.deepEqual(
    issued.map(({ sub }) => sub),
    ['sub-alice', 'sub-alice'],
  )
})
