import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { npmPackages } from './support/program.ts'
import { applicationBrowser, logIn, type Site, site } from './support/site.ts'

const newPage = applicationBrowser()

/** The application: Auth.js on Express, which shows the session. */
async function application(t: TestContext, { recipe, port }: Site): Promise<void> {
  const load = createRequire(join(npmPackages('auth-js'), 'package.json'))
  const { ExpressAuth, getSession } = await import(load.resolve('@auth/express'))
  const postern = new Function('process', `${recipe.block('js')}; return postern`)({ env: recipe.env })
  const config = {
    providers: [postern],
    secret: 'a secret of the application alone',
    trustHost: true,
    callbacks: {
      jwt: ({ token, profile }: Record<string, Record<string, unknown>>) =>
        profile ? { ...token, groups: profile.groups } : token,
      session: ({ session, token }: Record<string, Record<string, unknown>>) => ({
        ...session,
        groups: token?.groups,
      }),
    },
  }
  const server = load('express')()
  server.use('/auth', ExpressAuth(config))
  server.get('/', async (request: unknown, response: { json(body: unknown): void }) =>
    response.json(await getSession(request, config)),
  )
  const listening = server.listen(port)
  t.after(() => {
    listening.closeAllConnections()
    listening.close()
  })
}

for (const https of [false, true])
  test(`Auth.js: login, with groups; https ${https}`, async (t) => {
    const at = await site(t, 'Auth.js', { https })
    await application(t, at)
    const page = await newPage()
    await page.goto(`${at.app}/auth/signin`)
    await page.getByRole('button', { name: 'Postern' }).click()
    await logIn(page, at.app)
    await page.goto(at.app)
    const { user, groups } = JSON.parse((await page.textContent('body')) ?? '')
    assert.deepEqual(
      [user.name, user.email, groups],
      ['Ada Lovelace', 'ada@example.com', ['staff', 'admins']],
    )
  })
