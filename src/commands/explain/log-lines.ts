import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { stripVTControlCharacters } from 'node:util'
import { ConfigError } from '../../config/config-error.ts'
import { readProblem } from '../../config/file-access.ts'
import type { LogLine } from './remedies.ts'

// What a terminal shows: time, level and message stand before the fields.
const READABLE = /\[(\d\d:\d\d:\d\d)\] ([A-Z]+)(?: \([^)]*\))?: (.*?)$/

/**
 * The lines of a log that are about one request, from a file or standard input: as the server writes them, or as it shows them at a
 * terminal. Whatever is no line of ours is passed over. Throws `ConfigError` if it cannot be read.
 */
export async function linesAbout(reference: string, file: string | undefined): Promise<LogLine[]> {
  const input = file === undefined ? process.stdin : createReadStream(file)
  const found: LogLine[] = []
  try {
    for await (const text of createInterface({ input })) {
      if (!text.includes(reference)) continue
      const line = parsed(stripVTControlCharacters(text))
      if (line?.req === reference) found.push(line)
    }
  } catch (error) {
    throw new ConfigError(`${file ?? 'standard input'} ${readProblem(error, file ?? '')}`)
  }
  return found
}

function parsed(text: string): LogLine | undefined {
  // What runs containers puts its own words in front.
  const at = text.indexOf('{')
  if (at < 0) return undefined
  try {
    const line = JSON.parse(text.slice(at)) as LogLine
    const [, time, level, msg] = READABLE.exec(text.slice(0, at).trimEnd()) ?? []
    return msg === undefined ? line : { time, level: level?.toLowerCase(), msg, ...line }
  } catch {
    return undefined
  }
}
