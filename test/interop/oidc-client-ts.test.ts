import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { launchChromium, login, newPage } from '../support/chromium.ts'
import { clientServer, listen } from '../support/listen.ts'
import { ALICE } from '../support/oidc.ts'

const LIBRARY = readFileSync(
  join(import.meta.dirname, '../../node_modules/oidc-client-ts/dist/browser/oidc-client-ts.min.js'),
)

/** The application: the library with its settings, the callbacks, nothing more. */
const page = (issuer: string) => `<!doctype html><title>Single page</title><script src="/library.js"></script>
<script>
  const at = (path) => location.origin + path
  const settings = {
    authority: '${issuer}', client_id: 'spa', scope: 'openid email',
    redirect_uri: at('/callback'), silent_redirect_uri: at('/silent'), post_logout_redirect_uri: at('/bye'),
    automaticSilentRenew: false, silentRequestTimeoutInSeconds: 8, loadUserInfo: true,
  }
  window.manager = new oidc.UserManager(settings)
  if (location.pathname === '/silent') window.manager.signinSilentCallback()
</script>`

/**
 * The application on 127.0.0.1, the server on localhost: two sites, as far as cookies go. Or both on localhost: one site
 * and two origins.
 */
async function singlePage(t: TestContext, host: '127.0.0.1' | 'localhost' = '127.0.0.1') {
  let issuer = ''
  const { origin: address, seen } = await clientServer(t, (request, response) => {
    const script = request.url === '/library.js'
    response.writeHead(200, { 'content-type': script ? 'text/javascript' : 'text/html' })
    response.end(script ? LIBRARY : page(issuer))
  })
  const origin = address.replace('127.0.0.1', host)
  const server = await listen(t, {
    users: [ALICE],
    clients: [
      {
        client_id: 'spa',
        client_name: 'Single Page',
        redirect_uris: [`${origin}/callback`, `${origin}/silent`],
        post_logout_redirect_uris: [`${origin}/bye`],
        grant_types: ['authorization_code', 'refresh_token'],
        scope: 'openid email',
        // So that nothing but the missing cookie stands in the frame's way.
        trust_loopback: true,
      },
    ],
  })
  issuer = server.issuer
  assert.equal(new URL(issuer).hostname, 'localhost')
  return { issuer, origin, seen }
}

// biome-ignore lint/suspicious/noExplicitAny: what runs in the page
declare const manager: any

test('oidc-client-ts in Chromium, on another site: login, renewal, a frame that gets login_required, logout', async (t) => {
  const { issuer, origin, seen } = await singlePage(t)
  const browser = await launchChromium()
  t.after(() => browser.close())
  const tab = await newPage(browser)
  await tab.goto(origin)
  await tab.evaluate(() => void manager.signinRedirect())
  await login(tab, 'alice', 'wonderland')
  await tab.getByRole('button', { name: 'Approve' }).click()
  await tab.waitForURL(`${origin}/callback?**`)
  const user = await tab.evaluate(async () => {
    const { id_token, access_token, refresh_token, profile } = await manager.signinCallback()
    return { id_token, access_token, refresh_token, profile }
  })
  assert.equal(user.profile.sub, 'sub-alice')
  assert.equal(user.profile.email, 'alice@example.com', 'userinfo was asked across origins')
  const keys = createRemoteJWKSet(new URL(`${issuer}/oauth/jwks`))
  const { payload } = await jwtVerify(user.id_token, keys, { issuer, audience: 'spa' })
  assert.equal(payload.sub, 'sub-alice')

  const renewed = await tab.evaluate(async () => {
    const { access_token, refresh_token } = await manager.signinSilent()
    return { access_token, refresh_token }
  })
  assert.notEqual(renewed.access_token, user.access_token)
  assert.notEqual(renewed.refresh_token, user.refresh_token)

  seen.length = 0
  const silently = await tab.evaluate(async () => {
    // Without a refresh token the library asks in a hidden frame, with prompt=none.
    await manager.removeUser()
    return manager.signinSilent().then(
      () => 'a login',
      (error: { error?: string; message: string }) => error.error ?? error.message,
    )
  })
  assert.equal(silently, 'login_required')
  assert.ok(
    seen.some(({ url }) => url.startsWith('/silent?') && url.includes('error=login_required')),
    'it came by the callback, at once, not by a timeout',
  )

  // The same question as a whole page has the cookie, and so its answer.
  await tab.goto(origin)
  await tab.evaluate(() => void manager.signinRedirect({ prompt: 'none' }))
  await tab.waitForURL(`${origin}/callback?**`)
  assert.ok(new URL(tab.url()).searchParams.get('code'))
  await tab.evaluate(async () => {
    await manager.signinCallback()
    void manager.signoutRedirect()
  })
  await tab.waitForURL(`${origin}/bye**`)
  await tab.goto(origin)
  await tab.evaluate(() => void manager.signinRedirect({ prompt: 'none' }))
  await tab.waitForURL(`${origin}/callback?**`)
  assert.equal(new URL(tab.url()).searchParams.get('error'), 'login_required')
})

test('oidc-client-ts in Chromium, on the same site: renewal in a hidden frame, by prompt=none, gives a login', async (t) => {
  const { origin, seen } = await singlePage(t, 'localhost')
  const browser = await launchChromium()
  t.after(() => browser.close())
  const tab = await newPage(browser)
  await tab.goto(origin)
  await tab.evaluate(() => void manager.signinRedirect())
  await login(tab, 'alice', 'wonderland')
  await tab.getByRole('button', { name: 'Approve' }).click()
  await tab.waitForURL(`${origin}/callback?**`)
  const sub = await tab.evaluate(async () => {
    await manager.signinCallback()
    await manager.removeUser()
    const { profile } = await manager.signinSilent()
    return profile.sub
  })
  assert.equal(sub, 'sub-alice')
  assert.ok(seen.some(({ url }) => url.startsWith('/silent?') && url.includes('code=')))
})
