import { ConfigError } from './config-error.ts'
import type { RawEnvironment } from './environment.ts'
import { nearest } from './names.ts'
import { VARIABLES } from './variables/index.ts'
import type { Variable } from './variables/variable.ts'

/** Every name that is read from the environment, the `_FILE` twins of secrets too. */
const NAMES = Object.entries<Variable<unknown>>(VARIABLES).flatMap(([name, { secret }]) =>
  secret ? [name, `${name}_FILE`] : [name],
)

// Letters. Names of ours that are as short are one letter away from names of others: PORTS, POST, HOSTS.
const SHORT = 5

/**
 * The names in `.env` that nobody reads: neither this server nor `text`, the configuration file, by `${NAME}`. Throws
 * `ConfigError` for one that is a slip of one of ours: the setting that was meant would silently have its default.
 */
export function unreadNames(dotenv: RawEnvironment, text: string): string[] {
  const unread = Object.keys(dotenv).filter((name) => !NAMES.includes(name) && !refersTo(text, name))
  for (const name of unread) {
    const meant = nearest(name, NAMES, 1)
    if (meant === undefined || isDoubtful(name, meant)) continue
    throw new ConfigError(
      `.env sets ${name}, which nothing reads; did you mean ${meant}? (A name of your own belongs there if the configuration file has it as \${${name}}.)`,
    )
  }
  return unread
}

/** The slips that may be names of others, as sentences: in the environment all of them, in `.env` those of short names. */
export function slipsIn(raw: RawEnvironment, dotenv: RawEnvironment, text: string): string[] {
  return Object.keys(raw)
    .filter((name) => !NAMES.includes(name) && !refersTo(text, name))
    .flatMap((name) => {
      const meant = nearest(name, NAMES, 1)
      const where = Object.hasOwn(dotenv, name) ? '.env' : 'the environment'
      return meant === undefined ? [] : [`${where} has ${name}, which nothing reads; did you mean ${meant}?`]
    })
}

function isDoubtful(name: string, meant: string): boolean {
  return meant.length <= SHORT && nearest(name, [meant], 0) === undefined
}

function refersTo(text: string, name: string): boolean {
  return text.includes(`\${${name}}`)
}
