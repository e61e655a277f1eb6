import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { pino } from 'pino'
import { notices } from './banner.ts'
import type { Config } from './config/config.ts'
import { ConfigError } from './config/config-error.ts'
import { createServer } from './server.ts'
import { MemoryStore } from './store/memory.ts'
import { FileVault } from './tokens/key-vault.ts'

/**
 * `npm run check-config`: makes the server that the configuration describes, without listening or opening its
 * store, so that what is checked is what would run. Throws `ConfigError`.
 */
export async function checkConfig(config: Config, print: (line: string) => void): Promise<void> {
  const app = await createServer(config, {
    store: new MemoryStore(),
    log: pino({ level: 'silent' }),
    prepare: false,
  })
  await app.ready()
  await app.close()
  const { SIGNING_KEYS_FILE } = config.env
  // The file itself is made by the first start.
  if (SIGNING_KEYS_FILE && !existsSync(dirname(SIGNING_KEYS_FILE))) {
    throw new ConfigError(
      `SIGNING_KEYS_FILE is ${JSON.stringify(SIGNING_KEYS_FILE)}, whose folder does not exist`,
    )
  }
  if (SIGNING_KEYS_FILE) await new FileVault(SIGNING_KEYS_FILE).read()
  const { demo, issuer, entries } = config
  const what = demo ? 'this is the demo, for CONFIG_FILE is not set: issuer' : 'issuer'
  const [clients, users] = [count(entries.clients, 'client'), count(entries.users, 'user')]
  print(`The configuration is valid: ${what} ${issuer}, ${clients}, ${users}.`)
  for (const notice of notices(config)) print(`Notice: ${notice}`)
}

function count(things: readonly unknown[], name: string): string {
  return `${things.length} ${name}${things.length === 1 ? '' : 's'}`
}
