import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { program, pythonPackages } from '../support/program.ts'
import { applicationBrowser, logIn, site } from '../support/site.ts'

const newPage = applicationBrowser()
const folder = join(import.meta.dirname, '../python')

for (const https of [false, true])
  test(`Flask with Authlib: login, groups, refresh, log-out; https ${https}`, async (t) => {
    const at = await site(t, 'Flask', { https })
    const python = join(pythonPackages('flask'), 'python')
    const trust: Record<string, string> = at.ca === undefined ? {} : { REQUESTS_CA_BUNDLE: at.ca }
    const env = { ...at.recipe.env, ...trust, RECIPE: at.recipe.block('py'), APP: at.app, PORT: `${at.port}` }
    await program(t, [python, join(folder, 'flask_app.py')], { url: at.app, env })
    const page = await newPage()
    const shown = async () => JSON.parse((await page.textContent('body')) ?? '')
    await page.goto(`${at.app}/login`)
    await logIn(page, at.app)
    const { id_token, userinfo } = await shown()
    for (const { sub, email, preferred_username, groups } of [id_token, userinfo])
      assert.deepEqual(
        [sub, email, preferred_username, groups],
        ['u-1001', 'ada@example.com', 'ada', ['staff', 'admins']],
      )
    await page.goto(`${at.app}/refresh`)
    assert.deepEqual(await shown(), { groups: ['staff', 'admins'] })
    await page.goto(`${at.app}/logout`)
    assert.equal(page.url(), `${at.app}/`)
    assert.deepEqual(await shown(), {})
    // Logged out at the server, too: it asks for the password again.
    await page.goto(`${at.app}/login`)
    await page.locator('input[name=password]').waitFor()
  })
