import { constants, copyFileSync, existsSync, readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { Config } from '../config/config.ts'
import { ConfigError, inFile } from '../config/config-error.ts'
import { copiesOf, KEYS_OF_COPY, sentence } from './backup.ts'
import { lookAtConfig, readSettings } from './command.ts'
import { tryCopy } from './try-copy.ts'

const USAGE = 'name one copy: restore [--check] [--keep-sessions] <file>'

/** The command: `restore [--check] [--keep-sessions] <file>`. */
export async function run(parameters: readonly string[]): Promise<void> {
  const { values, source } = wordsOf(parameters)
  const config = lookAtConfig()
  const print = (line: string) => console.log(line)
  if (values.check)
    return inFile(config.env.CONFIG_FILE, () =>
      tryCopy(config, { source, read: (pinned) => readSettings(pinned).config }, print),
    )
  restore(config, source, { keepSessions: values['keep-sessions'] }, print)
}

function wordsOf(parameters: readonly string[]) {
  try {
    const { values, positionals } = parseArgs({
      args: [...parameters],
      allowPositionals: true,
      options: {
        check: { type: 'boolean', default: false },
        'keep-sessions': { type: 'boolean', default: false },
      },
    })
    const [source, ...more] = positionals
    if (source !== undefined && more.length === 0) return { values, source }
  } catch {
    // The sentence says what there is.
  }
  throw new ConfigError(USAGE)
}

/**
 * Puts a copy in the place of the store's file, and its keys beside it. Sessions and grants end unless they are to be kept:
 * what was revoked since the copy would come back. Throws `ConfigError`, also while a server uses the file.
 */
export function restore(
  config: Config,
  source: string,
  options: { keepSessions: boolean },
  print: (line: string) => void,
): void {
  const keys = placeOfKeys(config, source)
  const { ended, aside, ...summary } = copiesOf(config).restore(source, options)
  if (keys !== undefined) copyFileSync(keys.from, keys.to, constants.COPYFILE_EXCL)
  print(`Restored ${source}: it had ${sentence(summary)}.`)
  if (aside !== undefined) print(`The file of before is ${aside}.`)
  print(
    options.keepSessions
      ? 'Sessions and grants are as in the copy: what was revoked or logged out since is good again until its end.'
      : `${ended} sessions and grants ended: everybody logs in again. Consents and signing keys are as in the copy.`,
  )
  print('Keys that were revoked since the copy are back with it: revoke them again.')
}

/** Where the keys of a copy are, and where they belong. Refuses before anything is changed. */
function placeOfKeys({ keysFile }: Config, source: string): { from: string; to: string } | undefined {
  const from = `${source}${KEYS_OF_COPY}`
  if (keysFile === undefined || !existsSync(from)) return undefined
  if (!existsSync(keysFile)) return { from, to: keysFile }
  if (readFileSync(keysFile, 'utf8').trim() === readFileSync(from, 'utf8').trim()) return undefined
  throw new ConfigError(
    `${keysFile} has other keys than ${from}; move it away if the copy's are to be used, or the copy's if it is to stay`,
  )
}
