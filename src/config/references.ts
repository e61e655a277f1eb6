import { ConfigError } from './config-error.ts'
import type { RawEnvironment } from './environment.ts'

// The ways in which other programs write "the value of this variable". None of them means anything here.
const FOREIGN = [
  // A brace may have been forgotten.
  /^\$\{?([A-Za-z_]\w*)\}?$/,
  /^\$\(\s*([^()]*?)\s*\)$/,
  /^\$env:(\w+)$/i,
  /^\{\{(.*)\}\}$/s,
  /^<%=?(.*)%>$/s,
  /^%([A-Za-z_]\w*)%$/,
  /^\$\{([^}]*)\}$/,
]

/**
 * The variable that a whole value refers to in another program's spelling, such as `$NAME`, `{{ NAME }}` or `%NAME%`:
 * left in place it would become a secret that can be guessed. Undefined for a value that is none of these. The name is
 * NAME if it may be a part of a secret.
 */
export function foreignReference(value: string, env: RawEnvironment): string | undefined {
  const text = value.trim()
  if (!/^[$%{<]/.test(text)) return undefined
  for (const form of FOREIGN) {
    const [, inner] = form.exec(text) ?? []
    if (inner === undefined) continue
    const name = inner.trim()
    if (Object.hasOwn(env, name) || /^[A-Z_][A-Z0-9_]*$/.test(name)) return name
    // A password may well begin with a dollar sign.
    if (text !== `$${name}`) return 'NAME'
  }
  return undefined
}

const SECRETS: ReadonlySet<string> = new Set([
  'client_secret',
  'client_secret_hash',
  'password',
  'password_hash',
])

/**
 * Refuses references in another program's spelling in a parsed document: all of them if a secret is expected, elsewhere
 * only those to a variable that is set. `path` is where `value` is. Throws `ConfigError`.
 */
export function refuseReferences(value: unknown, env: RawEnvironment, path: string): void {
  if (typeof value === 'string') {
    const name = referenceAt(value, env, path)
    if (name === undefined) return
    throw new ConfigError(`${path} ${OTHER_SPELLING}; write it as \${${name}}`)
  }
  if (value === null || typeof value !== 'object') return
  for (const [key, item] of Object.entries(value)) refuseReferences(item, env, `${path}/${key}`)
}

/** The words for a reference that stands where its value was meant. */
export const OTHER_SPELLING = "is a reference in another program's spelling, which nothing replaces"

/** The variable that the value at `path` refers to, if it may not stand there as it is. */
export function referenceAt(value: string, env: RawEnvironment, path: string): string | undefined {
  const name = foreignReference(value, env)
  if (name === undefined || SECRETS.has(path.slice(path.lastIndexOf('/') + 1))) return name
  // Elsewhere `$${NAME}` asks for the literal text, and a text may look like a name by chance.
  return !value.startsWith('${') && Object.hasOwn(env, name) ? name : undefined
}
