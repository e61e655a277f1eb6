import { ConfigError } from './config-error.ts'
import type { RawEnvironment } from './environment.ts'
import { OTHER_SPELLING, referenceAt } from './references.ts'

// `$${` stands for a literal `${`; `${NAME}` is replaced; any other `$`, as in bcrypt's `$2b$`, is left alone.
const REFERENCE = /\$\$\{|\$\{([^}]*)\}/g
const LINE_BREAKS = /[\r\n]+$/

/**
 * Replaces `${NAME}` in every string of a parsed document. It works on values, not on the file's text, so that
 * a secret with quotes or colons cannot change the document. Throws `ConfigError` with the path of a name that
 * is not set; a value is never part of a message. `path` is where the document is. Line breaks at the end of a
 * text are left out: `echo`, an editor and YAML's `|` put one there, and no value means it.
 */
export function interpolate(value: unknown, env: RawEnvironment, path: string): unknown {
  if (typeof value === 'string') {
    return value.replace(REFERENCE, (_all, name) => resolve(name, env, path)).replace(LINE_BREAKS, '')
  }
  if (Array.isArray(value)) return value.map((item, index) => interpolate(item, env, `${path}/${index}`))
  if (value === null || typeof value !== 'object') return value
  const pairs = Object.entries(value)
  return Object.fromEntries(pairs.map(([key, item]) => [key, interpolate(item, env, `${path}/${key}`)]))
}

function resolve(name: string | undefined, env: RawEnvironment, path: string): string {
  if (name === undefined) return '${'
  const value = /^[A-Za-z_]\w*$/.test(name) && Object.hasOwn(env, name) ? env[name] : undefined
  const text = value?.replace(LINE_BREAKS, '')
  if (text && referenceAt(text, env, path) !== undefined) {
    throw new ConfigError(
      `${path} uses \${${name}}, but the variable ${name} ${OTHER_SPELLING}; set ${name} to the value itself`,
    )
  }
  if (text) return text
  const [, known] = /^([A-Z_][A-Z0-9_]*)(?::?[-=?+])/.exec(name) ?? []
  if (known !== undefined) {
    throw new ConfigError(
      `${path} has a \${${known}…} with more than a name between its braces; there are no defaults here: write \${${known}} and set ${known}`,
    )
  }
  // Anything else between the braces may be a secret that happens to hold them.
  if (!/^[A-Z_][A-Z0-9_]*$/.test(name)) {
    throw new ConfigError(
      `${path} has a \${…} that names no variable which is set; write $\${ for a literal \${`,
    )
  }
  throw new ConfigError(`${path} uses \${${name}}, but the variable ${name} is not set`)
}
