import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { program, pythonPackages } from '../support/program.ts'
import { applicationBrowser, logIn, site } from '../support/site.ts'

const newPage = applicationBrowser()
const folder = join(import.meta.dirname, '../python')

for (const https of [false, true])
  test(`django-allauth: login, a verified address, groups; https ${https}`, async (t) => {
    const at = await site(t, 'django-allauth', { https })
    const python = join(pythonPackages('django-allauth'), 'python')
    const own = mkdtempSync(join(tmpdir(), 'postern-django-'))
    t.after(() => rmSync(own, { recursive: true }))
    const trust: Record<string, string> = at.ca === undefined ? {} : { REQUESTS_CA_BUNDLE: at.ca }
    const settings = { RECIPE: at.recipe.block('py'), DATABASE: join(own, 'db'), PORT: `${at.port}` }
    const env = { ...at.recipe.env, ...trust, ...settings }
    await program(t, [python, join(folder, 'django_app.py')], { url: at.app, env })
    const page = await newPage()
    await page.goto(`${at.app}/accounts/oidc/postern/login/`)
    await logIn(page, at.app)
    const { username, uid, emails, data } = JSON.parse((await page.textContent('body')) ?? '')
    assert.deepEqual([username, uid], ['ada', 'u-1001'])
    assert.deepEqual(emails, [{ email: 'ada@example.com', verified: true }])
    assert.deepEqual(data.userinfo.groups, ['staff', 'admins'])
  })
