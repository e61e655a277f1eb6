import { constants, copyFileSync, existsSync, readFileSync } from 'node:fs'
import type { Config } from '../config/config.ts'
import { ConfigError, inFile } from '../config/config-error.ts'
import type { Action } from './action.ts'
import { copiesOf, KEYS_OF_COPY, sentence } from './backup.ts'
import { lookAtConfig, readSettings } from './command.ts'
import type { Output } from './output.ts'
import { noteRun } from './run-by.ts'
import { tryCopy } from './try-copy.ts'

export const RESTORE: Action = {
  summary: 'puts a copy of the store back while no server uses it, or tries the copy',
  takes: '<file>',
  options: {
    check: { summary: 'only tries the copy: everything is read, and a login works' },
    'keep-sessions': {
      summary: 'sessions and grants go on as they were; without it everybody logs in again',
    },
  },
  examples: ['restore --check /backup/postern.db', 'restore /backup/postern.db'],
  async run({ words: [source = ''], flag }, output) {
    const config = lookAtConfig()
    if (flag('check'))
      return inFile(config.env.CONFIG_FILE, () =>
        tryCopy(config, { source, read: (pinned) => readSettings(pinned).config }, output),
      )
    restore(config, { source, keepSessions: flag('keep-sessions') }, output)
    noteRun('restore')
  },
}

/**
 * Puts a copy in the place of the store's file, and its keys beside it. Sessions and grants end unless they are to be kept:
 * what was revoked since the copy would come back. Throws `ConfigError`, also while a server uses the file.
 */
function restore(
  config: Config,
  { source, keepSessions }: { source: string; keepSessions: boolean },
  output: Output,
): void {
  const keys = placeOfKeys(config, source)
  const { ended, aside, ...summary } = copiesOf(config).restore(source, { keepSessions })
  if (keys !== undefined) copyFileSync(keys.from, keys.to, constants.COPYFILE_EXCL)
  if (output.json) return void output.fields({ file: source, ended, aside, ...summary })
  output.say(`Restored ${source}: it had ${sentence(summary)}.`)
  if (aside !== undefined) output.say(`The file of before is ${aside}.`)
  output.say(
    keepSessions
      ? 'Sessions and grants are as in the copy: what was revoked or logged out since is good again until its end.'
      : `${ended} sessions and grants ended: everybody logs in again. Consents and signing keys are as in the copy.`,
  )
  output.say('Keys that were revoked since the copy are back with it: revoke them again.')
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
