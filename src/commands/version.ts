import packageJson from '../../package.json' with { type: 'json' }
import type { Action } from './action.ts'

/** The version of this release. */
export const VERSION = packageJson.version

export const PRINT_VERSION: Action = {
  summary: 'prints the version',
  takes: '',
  examples: ['version'],
  async run(_given, output) {
    if (output.json) return output.fields({ version: VERSION, node: process.versions.node })
    output.say(VERSION)
  },
}
