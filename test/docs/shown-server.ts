import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { loadConfig } from '../../src/config/config.ts'
import { Keys } from '../../src/secrets/keys.ts'
import { createServer } from '../../src/server.ts'
import { StoreUnavailable } from '../../src/store/store.ts'
import { makePersonLink } from '../../src/users/person-link.ts'
import { freePort } from '../support/listen.ts'
import { operatorOf } from '../support/run-time.ts'
import { KEY } from '../support/server.ts'
import { openSqlite } from '../support/sqlite-store.ts'

export const PASSWORD = 'correct horse battery staple'

// A roof and a door, for an organisation that there is not.
const LOGO = (ink: string) =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64" width="64" height="64"><path d="M4 30 32 8l28 22v6H54v20H10V36H4z" fill="${ink}"/><path d="M26 56V40h12v16z" fill="#f6c445"/></svg>`

/** A server whose pages are shown, on a store of its own. */
export interface ShownServer {
  issuer: string
  /** A link by which somebody chooses a password. */
  link(): Promise<string>
  /** Lets time pass, in seconds. */
  pass(seconds: number): void
  /** Takes the store away, and gives it back. */
  take(isAway: boolean): void
  close(): Promise<void>
}

/** Starts the demo's server with a few clients more; `branded` in somebody's name. */
export async function shownServer({ branded = false } = {}): Promise<ShownServer> {
  const port = await freePort()
  const folder = mkdtempSync(join(tmpdir(), 'postern-pictures-'))
  const config = loadConfig({ PORT: String(port), STORE: 'redis', SECRET_KEYS: KEY })
  const { entries, issuer } = config
  entries.account_deletion = 'on'
  entries.scopes = { notes: { sentence: 'Read your notes' } }
  const [demo] = entries.clients
  if (demo === undefined) throw new Error('the demo has no client')
  const redirect_uris = ['https://staff.example/callback']
  entries.clients = [
    { ...demo, scope: 'email notes' },
    { ...demo, client_id: 'staff', client_name: 'Staff Room', redirect_uris, allowed_groups: ['staff'] },
  ]
  if (branded) {
    const logo = join(folder, 'logo.svg')
    const logo_dark = join(folder, 'logo-dark.svg')
    writeFileSync(logo, LOGO('#7a1f4b'))
    writeFileSync(logo_dark, LOGO('#f0a9c8'))
    entries.branding = {
      ...{ name: 'Hillside School', logo, logo_dark, accent: '#7a1f4b' },
      support: 'mailto:help@hillside.example',
      links: [{ text: 'Privacy', href: 'https://hillside.example/privacy' }],
      legal: 'Hillside School, 1 Hill Road',
    }
  }
  const store = await openSqlite(join(folder, 'pictures.db'))
  const clock = store.clock.bind(store)
  let passed = 0
  store.clock = () => clock() + passed
  const read = store.read
  const app = await createServer(config, { store, log: pino({ level: 'silent' }) })
  const time = {
    get now() {
      return store.clock()
    },
  }
  const told = { app, store, config, log: [], clock: time }
  const { people, add } = operatorOf(told, store)
  const sub = await add('ada', PASSWORD, { email: 'ada@example.com' })
  const keys = new Keys(config.secretKeys, issuer)
  await app.listen({ port, host: '127.0.0.1' })
  return {
    issuer,
    link: async () => `${issuer}/choose-password?link=${await makePersonLink(people, keys, sub)}`,
    pass(seconds) {
      passed += seconds
    },
    take(isAway) {
      store.read = isAway
        ? async () => {
            throw new StoreUnavailable('taken away')
          }
        : read
    },
    async close() {
      await app.close()
      await store.close()
      rmSync(folder, { recursive: true })
    },
  }
}
