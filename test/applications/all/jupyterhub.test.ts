import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { freePort } from '../../support/listen.ts'
import { until } from '../../support/until.ts'
import { npmPackages, program, pythonPackages } from '../support/program.ts'
import { applicationBrowser, logIn, site } from '../support/site.ts'

const newPage = applicationBrowser()

for (const https of [false, true])
  test(`JupyterHub: login, allowed and admin groups, log-out; https ${https}`, async (t) => {
    const at = await site(t, 'JupyterHub', { https })
    const bin = pythonPackages('jupyterhub')
    const proxy = join(npmPackages('configurable-http-proxy'), 'node_modules/.bin/configurable-http-proxy')
    const own = mkdtempSync(join(tmpdir(), 'postern-jupyterhub-'))
    t.after(() => {
      // The proxy is a session of its own.
      process.kill(Number(readFileSync(join(own, 'proxy.pid'), 'utf8')))
      rmSync(own, { recursive: true })
    })
    // Beside the recipe: what an installation has, and free ports. Nobody's own server is started.
    const [api, hub] = [await freePort(), await freePort()]
    const config = `import os
c.JupyterHub.bind_url = "${at.app}"
c.JupyterHub.hub_port = ${hub}
c.JupyterHub.redirect_to_server = False
c.JupyterHub.db_url = "sqlite:///${join(own, 'db')}"
c.JupyterHub.cookie_secret_file = "${join(own, 'cookie')}"
c.ConfigurableHTTPProxy.command = ["${process.execPath}", "${proxy}"]
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:${api}"
c.ConfigurableHTTPProxy.pid_file = "${join(own, 'proxy.pid')}"
${at.recipe.block('py')}`
    writeFileSync(join(own, 'config.py'), config)
    const trust: Record<string, string> = at.ca === undefined ? {} : { SSL_CERT_FILE: at.ca }
    const env = { ...at.recipe.env, ...trust, JUPYTERHUB_CRYPT_KEY: 'ab'.repeat(32) }
    const command = [join(bin, 'python'), '-m', 'jupyterhub', '--config', join(own, 'config.py')] as const
    await program(t, [...command], { url: `${at.app}/hub/login`, env, cwd: own })
    // The proxy answers before it knows the hub.
    await until(async () => (await fetch(`${at.app}/hub/login`)).ok, 'the hub')

    const page = await newPage()
    await page.goto(`${at.app}/hub/oauth_login`)
    await logIn(page, at.app)
    await page.goto(`${at.app}/hub/home`)
    const home = (await page.textContent('body')) ?? ''
    assert.match(home, /\bada\b/)
    assert.match(home, /\bAdmin\b/)
    await page.goto(`${at.app}/hub/logout`)
    await page.getByRole('button', { name: 'Log out' }).click()
    await page.waitForURL((url) => url.origin === at.app)

    const other = await newPage()
    await other.goto(`${at.app}/hub/oauth_login`)
    await logIn(other, at.app, 'bob')
    assert.match((await other.textContent('body')) ?? '', /403/)
  })
