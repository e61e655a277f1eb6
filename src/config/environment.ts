import { ConfigError } from './config-error.ts'
import { foreignReference } from './references.ts'
import { VARIABLES } from './variables/index.ts'
import type { Variable } from './variables/variable.ts'

export type VariableName = keyof typeof VARIABLES
type ValueOf<V> = V extends { read: (text: string) => infer T } ? Exclude<T, undefined> : never

/** The parsed environment: every variable with its type and its default. */
export type Environment = { readonly [Name in VariableName]: ValueOf<(typeof VARIABLES)[Name]> }

/** Raw variables, as the process has them. */
export type RawEnvironment = Readonly<Record<string, string | undefined>>

/** Reads the text of a file that the variable `name` names. Throws `ConfigError` that says why it cannot. */
export type ReadNamed = (name: string, path: string) => string

/**
 * Reads every variable; `readNamed` serves the `_FILE` twins of secrets. An empty value counts as unset.
 * Throws `ConfigError` with one line that names the variable, what it was and what is allowed.
 */
export function readEnvironment(raw: RawEnvironment, readNamed: ReadNamed): Environment {
  const values: Record<string, unknown> = {}
  for (const [name, variable] of Object.entries<Variable<unknown>>(VARIABLES)) {
    values[name] = readVariable(name, variable, raw, readNamed)
  }
  return values as Environment
}

function readVariable(
  name: string,
  variable: Variable<unknown>,
  raw: RawEnvironment,
  readNamed: ReadNamed,
): unknown {
  const text = variable.secret ? secretText(name, raw, readNamed) : raw[name]?.trim()
  if (text === undefined || text === '') return variable.default
  // A list may hold one among real keys.
  if (
    variable.secret &&
    [text, ...text.split(/[,\n]/)].some((one) => foreignReference(one, raw) !== undefined)
  ) {
    throw new ConfigError(
      `${name} has a reference to another variable, which nothing replaces; set it to the value itself, or name a file with ${name}_FILE`,
    )
  }
  const value = variable.read(text)
  if (value !== undefined) return value
  const better = variable.spelling?.(text)
  if (better !== undefined) throw new ConfigError(`${name} is ${JSON.stringify(text)}; write it as ${better}`)
  // A secret's value must not end up in a terminal or a log.
  const was = variable.secret ? 'is not usable' : `is ${JSON.stringify(text)}`
  const quotes = isQuoted(text) ? ` (${QUOTES})` : ''
  throw new ConfigError(`${name} ${was}; it must be ${variable.allowed}${quotes}`)
}

const QUOTES = 'the quotation marks around it are a part of it; docker run --env-file keeps them'

/** Whether a value has the quotes that belong around it in a shell. */
function isQuoted(value: string): boolean {
  return /^(["']).*\1$/s.test(value)
}

/** What the operator should know of secrets that were taken as they are, quotes and all. */
export function quotedSecrets(raw: RawEnvironment): string[] {
  return Object.entries<Variable<unknown>>(VARIABLES)
    .filter(([name, { secret }]) => secret && isQuoted(raw[name]?.trim() ?? ''))
    .map(([name]) => `${name} is in quotation marks: ${QUOTES}`)
}

function secretText(name: string, raw: RawEnvironment, readNamed: ReadNamed): string | undefined {
  const path = raw[`${name}_FILE`]?.trim()
  if (!path) return raw[name]?.trim()
  if (raw[name]?.trim()) throw new ConfigError(`${name} and ${name}_FILE are both set; set one of them`)
  const text = readNamed(`${name}_FILE`, path).trim()
  // Not "not set": a mount that went wrong must not become a server without a password.
  if (text === '') throw new ConfigError(`${name}_FILE is ${JSON.stringify(path)}, which names an empty file`)
  return text
}
