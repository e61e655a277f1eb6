import { ConfigError } from './config-error.ts'
import { VARIABLES, type Variable } from './variables.ts'

export type VariableName = keyof typeof VARIABLES
type ValueOf<V> = V extends { read: (text: string) => infer T } ? Exclude<T, undefined> : never

/** The parsed environment: every variable with its type and its default. */
export type Environment = { readonly [Name in VariableName]: ValueOf<(typeof VARIABLES)[Name]> }

/** Raw variables, as the process has them. */
export type RawEnvironment = Readonly<Record<string, string | undefined>>

/**
 * Reads every variable; `readFile` serves the `_FILE` twins of secrets. An empty value counts as unset.
 * Throws `ConfigError` with one line that names the variable, what it was and what is allowed.
 */
export function readEnvironment(raw: RawEnvironment, readFile: (path: string) => string): Environment {
  const values: Record<string, unknown> = {}
  for (const [name, variable] of Object.entries<Variable<unknown>>(VARIABLES)) {
    values[name] = readVariable(name, variable, raw, readFile)
  }
  return values as Environment
}

function readVariable(
  name: string,
  variable: Variable<unknown>,
  raw: RawEnvironment,
  readFile: (path: string) => string,
): unknown {
  const text = variable.secret ? secretText(name, raw, readFile) : raw[name]?.trim()
  if (text === undefined || text === '') return variable.default
  const value = variable.read(text)
  if (value !== undefined) return value
  const better = variable.spelling?.(text)
  if (better !== undefined) throw new ConfigError(`${name} is ${JSON.stringify(text)}; write it as ${better}`)
  // A secret's value must not end up in a terminal or a log.
  const was = variable.secret ? 'is not usable' : `is ${JSON.stringify(text)}`
  throw new ConfigError(`${name} ${was}; it must be ${variable.allowed}`)
}

function secretText(
  name: string,
  raw: RawEnvironment,
  readFile: (path: string) => string,
): string | undefined {
  const path = raw[`${name}_FILE`]?.trim()
  if (!path) return raw[name]?.trim()
  if (raw[name]?.trim()) throw new ConfigError(`${name} and ${name}_FILE are both set; set one of them`)
  let text: string
  try {
    text = readFile(path).trim()
  } catch (error) {
    throw new ConfigError(`${name}_FILE is ${JSON.stringify(path)}, which cannot be read: ${reason(error)}`)
  }
  // Not "not set": a mount that went wrong must not become a server without a password.
  if (text === '') throw new ConfigError(`${name}_FILE is ${JSON.stringify(path)}, which names an empty file`)
  return text
}

/** The short cause of a failed file operation, such as ENOENT. */
export function reason(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string }
  return code ?? message ?? String(error)
}
