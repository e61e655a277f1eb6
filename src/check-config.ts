import { pino } from 'pino'
import { notices } from './banner.ts'
import type { Config } from './config/config.ts'
import { createServer } from './server.ts'
import { MemoryStore } from './store/memory.ts'

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
  const { clients, users } = config.entries
  print(
    `The configuration is valid: issuer ${config.issuer}, ${clients.length} clients, ${users.length} users.`,
  )
  for (const notice of notices(config)) print(`Notice: ${notice}`)
}
