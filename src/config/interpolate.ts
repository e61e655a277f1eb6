import { ConfigError } from './config-error.ts'
import type { RawEnvironment } from './environment.ts'

// `$${` stands for a literal `${`; `${NAME}` is replaced; any other `$`, as in bcrypt's `$2b$`, is left alone.
const REFERENCE = /\$\$\{|\$\{([^}]*)\}/g

/**
 * Replaces `${NAME}` in every string of a parsed document. It works on values, not on the file's text, so that
 * a secret with quotes or colons cannot change the document. Throws `ConfigError` with the path of a name that
 * is not set; a value is never part of a message.
 */
export function interpolate(value: unknown, env: RawEnvironment, path = ''): unknown {
  if (typeof value === 'string') return value.replace(REFERENCE, (all, name) => resolve(all, name, env, path))
  if (Array.isArray(value)) return value.map((item, index) => interpolate(item, env, `${path}/${index}`))
  if (value === null || typeof value !== 'object') return value
  const pairs = Object.entries(value)
  return Object.fromEntries(pairs.map(([key, item]) => [key, interpolate(item, env, `${path}/${key}`)]))
}

function resolve(all: string, name: string | undefined, env: RawEnvironment, path: string): string {
  if (name === undefined) return '${'
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
    throw new ConfigError(`${path} has ${all}, which names no variable; write $\${ for a literal \${`)
  }
  const value = env[name]
  if (value === undefined || value === '') {
    throw new ConfigError(`${path} uses \${${name}}, but the variable ${name} is not set`)
  }
  return value
}
