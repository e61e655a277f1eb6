import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { ConfigError } from './config-error.ts'
import type { RawEnvironment } from './environment.ts'
import { readProblem } from './file-access.ts'

// What Node's parser takes: blank, a comment, or an assignment, whose value may have line breaks between its quotes.
const LINES = /^[^\S\n]*(?:#.*|(?:export[^\S\n]+)?[\w.-]+[^\S\n]*=[^\S\n]*(?:"[^"]*"|'[^']*'|`[^`]*`)?.*)?$/gm

/**
 * The variables of the file `.env`; none if there is no such file. Throws `ConfigError` that names the line that
 * is no assignment, without its text, which may hold a secret.
 */
export function readEnvFile(
  path = '.env',
  readText = (file: string) => readFileSync(file, 'utf8'),
): RawEnvironment {
  let text: string
  try {
    // Some editors put a mark in front, which would hide the first name.
    text = readText(path).replace(/^\uFEFF/, '')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw new ConfigError(`${path} ${readProblem(error, path)}`)
  }
  // What PowerShell writes by > is UTF-16.
  if (text.includes('\0')) throw new ConfigError(`${path} is not UTF-8; save it so`)
  const left = text.replace(LINES, (lines) => lines.replace(/[^\n]+/g, ''))
  const at = left.search(/\S/)
  if (at < 0) return parseEnv(text)
  throw new ConfigError(
    `${path}, line ${left.slice(0, at).split('\n').length}: is no assignment; write NAME=value`,
  )
}
