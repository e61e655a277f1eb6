import { clientsOf } from '../composition/clients.ts'
import { signingKeysOf } from '../composition/signing.ts'
import type { Config } from '../config/config.ts'
import { ConfigError, inFile } from '../config/config-error.ts'
import { Keys } from '../secrets/keys.ts'
import { type Report, StoreUnavailable } from '../store/store.ts'
import { readConfig } from './command.ts'

/** The command: for the configuration of this process. */
export async function run(): Promise<void> {
  const config = readConfig()
  await inFile(config.env.CONFIG_FILE, () => rotateKeys(config, (line) => console.log(line)))
}

/**
 * `npm run rotate-keys`: publishes a next key for every signing algorithm in use, in the place where the server
 * keeps them. A second run before they sign does nothing. Throws `ConfigError` if there is nothing that it could reach.
 */
export async function rotateKeys(config: Config, print: (line: string) => void): Promise<void> {
  const { env } = config
  if (!config.store.shared && env.SIGNING_KEYS_FILE === '') {
    throw new ConfigError(
      `STORE is ${config.store.name} and SIGNING_KEYS_FILE is not set, so the signing keys are inside the running server: KEY_ROTATION rotates them there, and a restart makes new ones`,
    )
  }
  let problem: string | undefined
  const report: Report = (level, message) => {
    if (level === 'error') problem = message
  }
  const store = await config.store.open(report)
  try {
    const keys = new Keys(config.secretKeys)
    const clients = clientsOf(config)
    // A store that has just been opened still connects.
    await store.reachable()
    const notice = (text: string) => print(`Notice: ${text}`)
    const signing = signingKeysOf(config, { store, keys, clients, now: () => store.clock(), notice })
    const signs_from = await signing.rotate()
    const at = new Date(signs_from * 1000).toISOString()
    print(`The next keys (${signing.algorithms.join(', ')}) are published; they sign from ${at} on.`)
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error
    throw new ConfigError(`the store does not answer (${problem ?? error.message}); nothing was rotated`)
  } finally {
    await store.close()
  }
}
