import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { npmPackages } from './support/program.ts'
import { applicationBrowser, logIn, type Site, site } from './support/site.ts'

const newPage = applicationBrowser()

/** The application: Express, which shows who is logged in. */
function application(t: TestContext, { recipe, port }: Site): void {
  const load = createRequire(join(npmPackages('passport'), 'package.json'))
  const express = load('express')
  const passport = load('passport')
  const OpenIDConnectStrategy = load('passport-openidconnect')
  const strategy = new Function('OpenIDConnectStrategy', 'process', `${recipe.block('js')}; return strategy`)(
    OpenIDConnectStrategy,
    { env: recipe.env },
  )
  passport.use('postern', strategy)
  passport.serializeUser((user: unknown, done: (error: null, user: unknown) => void) => done(null, user))
  passport.deserializeUser((user: unknown, done: (error: null, user: unknown) => void) => done(null, user))
  const server = express()
  server.use(
    load('express-session')({ secret: 'of the application', resave: false, saveUninitialized: false }),
  )
  server.use(passport.session())
  server.get('/login', passport.authenticate('postern'))
  server.get('/callback', passport.authenticate('postern', { successRedirect: '/' }))
  server.get('/', (request: { user: unknown }, response: { json(body: unknown): void }) =>
    response.json(request.user ?? null),
  )
  const listening = server.listen(port)
  t.after(() => {
    listening.closeAllConnections()
    listening.close()
  })
}

for (const https of [false, true])
  test(`passport: login; https ${https}`, async (t) => {
    const at = await site(t, 'passport', { https })
    application(t, at)
    const page = await newPage()
    await page.goto(`${at.app}/login`)
    await logIn(page, at.app)
    await page.goto(at.app)
    const { id, username, displayName, emails } = JSON.parse((await page.textContent('body')) ?? '')
    assert.deepEqual([id, username, displayName], ['u-1001', 'ada', 'Ada Lovelace'])
    assert.deepEqual(emails, [{ value: 'ada@example.com' }])
  })
