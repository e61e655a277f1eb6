import { type Action, NotFound, WrongUse } from '../action.ts'
import { linesAbout } from './log-lines.ts'
import { remedyOf } from './remedies.ts'

export const explain: Action = {
  summary:
    'says what the log knows of a reference that a page shows: which rule it was, what was registered, what to do',
  takes: '<reference> [<log>]',
  examples: [
    'explain Qm3x_w-2f postern.log',
    'docker logs postern 2>&1 | postern explain Qm3x_w-2f',
    'journalctl -u postern -o cat | postern explain Qm3x_w-2f --json',
  ],
  async run({ words: [reference = '', file] }, output) {
    if (file === undefined && process.stdin.isTTY)
      throw new WrongUse(
        'name the file of the log, or pipe it: docker logs postern 2>&1 | postern explain <reference>',
      )
    const lines = await linesAbout(reference, file)
    if (lines.length === 0)
      throw new NotFound(
        `the log has no line with the reference ${reference}; is it that of the right node and day?`,
      )
    const explained = lines.map((line) => ({ ...line, ...remedyOf(line) }))
    if (output.json) return output.fields({ reference, lines: explained })
    for (const { time, msg, req: _, level: __, rule, remedy, ...more } of explained) {
      output.fields({ time, line: msg, ...more, rule, 'to do': remedy })
      output.say('')
    }
  },
}
