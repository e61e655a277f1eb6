import type { Config } from '../config/config.ts'
import { inFile } from '../config/config-error.ts'
import type { Action } from './action.ts'
import { readConfig } from './command.ts'
import { withSigningKeys } from './open-keys.ts'
import { moment, type Output } from './output.ts'
import { noteRun } from './run-by.ts'

export const ROTATE_KEYS: Action = {
  summary: 'publishes the next signing keys, which sign an hour later; a second run before that does nothing',
  takes: '',
  examples: ['keys rotate'],
  async run(_given, output) {
    const config = readConfig()
    await inFile(config.env.CONFIG_FILE, () => rotateKeys(config, output))
  },
}

/**
 * Publishes a next key for every signing algorithm in use, in the place where the server keeps them. Throws `ConfigError` if there is
 * nothing that it could reach.
 */
function rotateKeys(config: Config, output: Output): Promise<void> {
  return withSigningKeys(config, output, async (signing) => {
    const signs_from = moment(await signing.rotate())
    noteRun('keys rotate')
    const { algorithms } = signing
    if (output.json) return output.fields({ algorithms, signs_from })
    output.say(`The next keys (${algorithms.join(', ')}) are published; they sign from ${signs_from} on.`)
  })
}
