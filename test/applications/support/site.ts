import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, type TestContext } from 'node:test'
import { createServer, getCACertificates, setDefaultCACertificates } from 'node:tls'
import { hashSync } from 'bcrypt'
import type { Browser, Page } from 'playwright-core'
import type { ClientEntry, UserEntry } from '../../../src/config/schema.ts'
import { launchChromium } from '../../support/chromium.ts'
import { freePort, listen } from '../../support/listen.ts'
import { type Recipe, recipeOf } from './recipe.ts'

/** Ada is in two groups, Bob in none. */
export const PEOPLE: UserEntry[] = [
  {
    ...{ username: 'ada', password: 'a password of ada', sub: 'u-1001', name: 'Ada Lovelace' },
    ...{ given_name: 'Ada', family_name: 'Lovelace', email: 'ada@example.com', groups: ['staff', 'admins'] },
  },
  { username: 'bob', password: 'a password of bob', sub: 'u-1002', name: 'Bob', email: 'bob@example.com' },
]

/** A server with the client of a recipe, and the address where its application is to run. */
export interface Site {
  recipe: Recipe
  /** The origin of the server, without a trailing slash; that of the application. */
  issuer: string
  app: string
  /** The port of the application. */
  port: number
  /** The certificate authority of the https issuer, as a file; undefined for http. */
  ca: string | undefined
  log: Record<string, unknown>[]
}

/**
 * Starts Postern with the recipe's client, on localhost. `https`: behind a certificate of an authority of its own; the
 * application itself stays on http. `change` is what an operator adds to the client, `clients` who else there is.
 */
export async function site(
  t: TestContext,
  heading: string,
  {
    https = false,
    change = {},
    clients = [],
  }: { https?: boolean; change?: Partial<ClientEntry>; clients?: ClientEntry[] } = {},
): Promise<Site> {
  const [port, serverPort] = [await freePort(), await freePort()]
  const app = `http://localhost:${port}`
  const tls = https ? await terminator(t, serverPort) : undefined
  const issuer = tls?.origin ?? `http://localhost:${serverPort}`
  const recipe = recipeOf(heading, { issuer, app })
  // A real configuration: the demo answers to nothing that comes through a proxy.
  const folder = mkdtempSync(join(tmpdir(), 'postern-site-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const CONFIG_FILE = join(folder, 'postern.json')
  const users = PEOPLE.map(({ password = '', ...about }) => ({
    ...about,
    password_hash: hashSync(password, 4),
  }))
  writeFileSync(
    CONFIG_FILE,
    JSON.stringify({ clients: [{ ...recipe.client, ...change }, ...clients], users }),
  )
  const env = { PORT: String(serverPort), ISSUER: issuer, CONFIG_FILE }
  const { log } = await listen(t, { env })
  return { recipe, issuer, app, port, ca: tls?.ca, log }
}

/** A front with a certificate for localhost, which hands the bytes on to a port of this machine. */
async function terminator(t: TestContext, port: number): Promise<{ origin: string; ca: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-tls-'))
  const ca = join(folder, 'ca.pem')
  const openssl = (...parameters: string[]) => execFileSync('openssl', parameters, { stdio: 'pipe' })
  const path = (name: string) => join(folder, name)
  const common = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  openssl(
    'req',
    '-x509',
    ...common,
    '-days',
    '2',
    '-subj',
    '/CN=test authority',
    '-keyout',
    path('ca.key'),
    '-out',
    ca,
  )
  const names = ['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
  const signed = ['-CA', ca, '-CAkey', path('ca.key'), '-keyout', path('key'), '-out', path('crt')]
  openssl('req', '-x509', ...common, '-days', '2', '-subj', '/CN=localhost', ...names, ...signed)
  // For applications that run in this process.
  setDefaultCACertificates([...getCACertificates('default'), readFileSync(ca, 'utf8')])
  const sockets = new Set<Socket>()
  const server = createServer(
    { key: readFileSync(path('key')), cert: readFileSync(path('crt')) },
    (socket) => {
      const behind = connect(port, '127.0.0.1')
      for (const one of [socket, behind]) {
        sockets.add(one)
        one.on('error', () => {}).on('close', () => [socket, behind].map((other) => other.destroy()))
      }
      socket.pipe(behind).pipe(socket)
    },
  )
  const own = await freePort()
  await new Promise<void>((resolve) => server.listen(own, '127.0.0.1', resolve))
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
    rmSync(folder, { recursive: true })
  })
  return { origin: `https://localhost:${own}`, ca }
}

/** A browser for the tests of a file; each page is a fresh profile. */
export function applicationBrowser(): () => Promise<Page> {
  let browser: Browser
  before(async () => {
    browser = await launchChromium()
  })
  after(() => browser.close())
  return async () => {
    const page = await (await browser.newContext({ ignoreHTTPSErrors: true })).newPage()
    page.setDefaultTimeout(60_000)
    return page
  }
}

/** Logs in on our page, and approves if the person is asked. Returns when the browser has left for `app`. */
export async function logIn(page: Page, app: string, username = 'ada'): Promise<void> {
  await page.locator('input[name=username]').fill(username)
  await page.locator('input[name=password]').fill(`a password of ${username}`)
  await page.locator('button[type=submit]').first().click()
  const approve = page.locator('button[value=approve]')
  const away = page.waitForURL((url) => url.origin === app || url.href.startsWith(`${app}/`))
  await Promise.race([away, approve.waitFor().then(() => approve.click())])
  await away
}
