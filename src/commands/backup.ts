import { chmodSync, constants, copyFileSync } from 'node:fs'
import type { Config } from '../config/config.ts'
import { ConfigError } from '../config/config-error.ts'
import type { StoreCopies, Summary } from '../store/store-copies.ts'
import { lookAtConfig } from './command.ts'

/** What the keys beside a copy are called. */
export const KEYS_OF_COPY = '.secret-keys'

/** The command: `backup <file>`. */
export async function run([target, ...more]: readonly string[]): Promise<void> {
  if (target === undefined || more.length > 0)
    throw new ConfigError('name the one file that the copy goes to, such as: backup /backup/postern.db')
  backup(lookAtConfig(), target, (line) => console.log(line))
}

/**
 * Copies the store's file into `target` while the server runs, and the keys beside it if they are kept there, for without
 * them the copy opens nothing. Throws `ConfigError`.
 */
export function backup(config: Config, target: string, print: (line: string) => void): void {
  const summary = copiesOf(config).backup(target)
  print(`Copied to ${target}: ${sentence(summary)}.`)
  const { keysFile } = config
  if (keysFile === undefined) {
    print(
      'SECRET_KEYS is set, so it is not in the copy: keep it elsewhere. Without it the copy opens nothing.',
    )
    return
  }
  const keys = `${target}${KEYS_OF_COPY}`
  try {
    copyFileSync(keysFile, keys, constants.COPYFILE_EXCL)
    chmodSync(keys, 0o600)
  } catch (error) {
    throw new ConfigError(
      `${keysFile} was not copied to ${keys} (${(error as NodeJS.ErrnoException).code}); without the keys the copy opens nothing`,
    )
  }
  print(`The keys are in ${keys}: whoever has both files can be anybody.`)
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
