import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { ConfigError } from '../../config/config-error.ts'
import { readProblem } from '../../config/file-access.ts'
import { type Action, NotFound, WrongUse } from '../action.ts'
import { type LogLine, remedyOf } from './remedies.ts'

export const explain: Action = {
  summary: 'says what the log knows of a reference that a page shows: the rule, and what to do',
  takes: '<reference> [<log>]',
  examples: ['explain 01JX2M postern.log', 'docker logs postern 2>&1 | postern explain 01JX2M'],
  async run({ words: [reference = '', file] }, output) {
    if (file === undefined && process.stdin.isTTY)
      throw new WrongUse(
        'name the file of the log, or pipe it: docker logs postern 2>&1 | postern explain <reference>',
      )
    const lines = await linesOf(reference, file)
    if (lines.length === 0)
      throw new NotFound(
        `the log has no line with the reference ${reference}; is it that of the right node and day?`,
      )
    if (output.json)
      return output.fields({ reference, lines: lines.map((line) => ({ ...line, ...remedyOf(line) })) })
    for (const line of lines) {
      const { time, msg, req: _, level: __, ...more } = line as LogLine & { level?: string }
      output.say(`${time ?? ''}  ${msg ?? ''}`)
      output.fields(more)
      const found = remedyOf(line)
      if (found !== undefined) output.say(`  the rule  ${found.rule}\n  to do     ${found.remedy}`)
      output.say('')
    }
  },
}

/** The lines of the log that are about one request. Whatever is no line of ours is passed over. */
async function linesOf(reference: string, file: string | undefined): Promise<LogLine[]> {
  const input = file === undefined ? process.stdin : createReadStream(file)
  const found: LogLine[] = []
  try {
    for await (const text of createInterface({ input })) {
      if (!text.includes(reference)) continue
      const line = parsed(text)
      if (line?.req === reference) found.push(line)
    }
  } catch (error) {
    throw new ConfigError(`${file ?? 'standard input'} ${readProblem(error, file ?? '')}`)
  }
  return found
}

function parsed(text: string): LogLine | undefined {
  try {
    // What runs containers puts its own words in front.
    return JSON.parse(text.slice(text.indexOf('{')))
  } catch {
    return undefined
  }
}
