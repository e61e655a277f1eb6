import type { Config } from '../config/config.ts'
import { inFile } from '../config/config-error.ts'
import { readConfig } from './command.ts'
import { withSigningKeys } from './open-keys.ts'

/** The command: for the configuration of this process. */
export async function run(): Promise<void> {
  const config = readConfig()
  await inFile(config.env.CONFIG_FILE, () => rotateKeys(config, (line) => console.log(line)))
}

/**
 * `npm run rotate-keys`, `keys rotate`: publishes a next key for every signing algorithm in use, in the place where the server
 * keeps them. A second run before they sign does nothing. Throws `ConfigError` if there is nothing that it could reach.
 */
export function rotateKeys(config: Config, print: (line: string) => void): Promise<void> {
  return withSigningKeys(config, print, async (signing) => {
    const signs_from = await signing.rotate()
    const at = new Date(signs_from * 1000).toISOString()
    print(`The next keys (${signing.algorithms.join(', ')}) are published; they sign from ${at} on.`)
  })
}
