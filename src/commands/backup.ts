import { chmodSync, constants, copyFileSync } from 'node:fs'
import type { Config } from '../config/config.ts'
import { ConfigError } from '../config/config-error.ts'
import type { StoreCopies, Summary } from '../store/store-copies.ts'
import type { Action } from './action.ts'
import { lookAtConfig } from './command.ts'
import type { Output } from './output.ts'
import { noteRun } from './run-by.ts'

/** What the keys beside a copy are called. */
export const KEYS_OF_COPY = '.secret-keys'

export const BACKUP: Action = {
  summary:
    'copies the store into a file while the server runs, and the keys beside it if they are kept there',
  takes: '<file>',
  examples: ['backup /backup/postern.db'],
  async run({ words: [target = ''] }, output) {
    const config = lookAtConfig()
    backup(config, target, output)
    noteRun('backup')
  },
}

/**
 * Copies the store's file into `target` while the server runs, and the keys beside it if they are kept there, for without
 * them the copy opens nothing. Throws `ConfigError`.
 */
function backup(config: Config, target: string, output: Output): void {
  const summary = copiesOf(config).backup(target)
  output.say(`Copied to ${target}: ${sentence(summary)}.`)
  const { keysFile } = config
  const keys = keysFile === undefined ? undefined : keysBeside(target, keysFile)
  if (output.json) return void output.fields({ file: target, keys_file: keys, ...summary })
  output.say(
    keys === undefined
      ? 'SECRET_KEYS is set, so it is not in the copy: keep it elsewhere. Without it the copy opens nothing.'
      : `The keys are in ${keys}: whoever has both files can be anybody.`,
  )
}

function keysBeside(target: string, keysFile: string): string {
  const keys = `${target}${KEYS_OF_COPY}`
  try {
    copyFileSync(keysFile, keys, constants.COPYFILE_EXCL)
    chmodSync(keys, 0o600)
  } catch (error) {
    throw new ConfigError(
      `${keysFile} was not copied to ${keys} (${(error as NodeJS.ErrnoException).code}); without the keys the copy opens nothing`,
    )
  }
  return keys
}

/** Throws `ConfigError` for a store that has no file of its own. */
export function copiesOf({ store }: Config): StoreCopies {
  if (store.copies !== undefined) return store.copies
  throw new ConfigError(
    `STORE is ${store.name}, which keeps nothing in a file of its own; copy it by its own means (docs/one-node.md)`,
  )
}

/** What a copy has, in words. */
export function sentence({ kinds }: Summary): string {
  if (kinds.length === 0) return 'nothing is in it yet'
  return kinds.map(({ kind, count }) => `${count} ${kind.replaceAll('_', ' ')}`).join(', ')
}
