import type { Action } from '../action.ts'
import { lookAtConfig } from '../command.ts'
import { notices } from '../notices.ts'
import { lookAtAddress } from './address.ts'
import { type Finding, note, said } from './findings.ts'
import { lookAtSecrets } from './secrets.ts'
import { lookAtStore } from './store.ts'

const MARKS = { ok: 'ok  ', note: 'note', bad: 'BAD ' } as const

export const doctor: Action = {
  summary: 'looks at what usually goes wrong, and says for each what to do; it makes and changes nothing',
  takes: '',
  examples: ['doctor', 'doctor --json'],
  async run(_given, output) {
    const config = lookAtConfig()
    const findings: Finding[] = []
    const tell = (finding: Finding) => {
      output.progress('')
      findings.push(finding)
      const { state, what, fix } = finding
      output.say(`${MARKS[state]}  ${what}${fix === undefined ? '' : `\n      → ${fix}`}`)
      output.progress('looking …')
    }
    for await (const finding of lookAtAddress(config)) tell(finding)
    for await (const finding of lookAtStore(config)) tell(finding)
    for (const finding of lookAtSecrets(config)) tell(finding)
    if (config.demo)
      tell(note('this is the demo, whose user and password everybody knows', 'set CONFIG_FILE'))
    for (const notice of notices(config)) tell(said('note', notice))
    output.progress('')
    if (output.json) output.fields(findings)
    if (findings.some(({ state }) => state === 'bad')) process.exitCode = 1
  },
}
