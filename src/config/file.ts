import { hash } from 'node:crypto'
import { createRequire } from 'node:module'
import { ConfigError, MAKE_HASH } from './config-error.ts'
import { documentsProblems } from './documents.ts'
import type { RawEnvironment } from './environment.ts'
import { interpolate } from './interpolate.ts'
import { listed } from './names.ts'
import { problems } from './problems.ts'
import { foreignReference, OTHER_SPELLING, refuseReferences } from './references.ts'
import { type Entries, FILE_SCHEMA, GROUP_SCHEMA, SCOPE_SCHEMA, SENTENCE_SCHEMA } from './schema.ts'

// Loaded only if a file is read: the demo starts without it.
const require = createRequire(import.meta.url)

/**
 * Parses and validates the text of `CONFIG_FILE`: YAML 1.2, of which JSON is a part. Throws `ConfigError` that
 * lists the problems with path and reason.
 */
export function readEntries(text: string, name: string, env: RawEnvironment): Entries {
  const document = interpolate(parse(text, name), env, `${name}: `)
  refuseReferences(document, env, `${name}: `)
  const { client_id_metadata_documents: documents } = (document ?? {}) as Partial<Entries>
  const wrong = [
    ...problems(FILE_SCHEMA, document),
    ...described(document),
    ...documentsProblems(documents, '/client_id_metadata_documents'),
  ].map(({ path, problem }) => `${path || '/'} ${problem}`)
  if (wrong.length > 0) throw new ConfigError(`${name}: ${listed(wrong, '; ')}`)
  const entries = { clients: [], users: [], scopes: {}, ...(document as Partial<Entries>) }
  checkSample(entries, name)
  return entries
}

// A scope or a group is a sentence, or a mapping: whoever writes no mapping means a sentence.
function* described(document: unknown) {
  const sections = (document ?? {}) as { scopes?: unknown; groups?: unknown }
  for (const [section, mapping] of [['scopes', SCOPE_SCHEMA] as const, ['groups', GROUP_SCHEMA] as const]) {
    const entries = sections[section]
    if (typeof entries !== 'object' || entries === null || Array.isArray(entries)) continue
    for (const [name, value] of Object.entries(entries)) {
      const schema = typeof value === 'object' && value !== null ? mapping : SENTENCE_SCHEMA
      yield* problems(schema, value, `/${section}/${name.replace(/\p{Cc}/gu, '?')}`)
    }
  }
}

// SHA-256 of the hashes that README.md has and had, without their first four characters, in which bcrypt's names for one hash
// differ: whoever reads them may know or find the password.
const SAMPLE_HASHES = new Set([
  'a3325c2d990c74a56a76a8f3880060fea2031846272ec8db5b97b4514d0c8eef',
  'c3aec98aec09b28aefaaa3f087b9a6c4e1592918e7f3b3cb72f918f530e1e03b',
])

function checkSample({ clients, users }: Entries, name: string): void {
  const hashes = [
    ...users.map(({ password_hash }, at) => [`/users/${at}/password_hash`, password_hash] as const),
    ...clients.map((client, at) => [`/clients/${at}/client_secret_hash`, client.client_secret_hash] as const),
    ...clients.flatMap(({ client_secrets = [] }, at) =>
      client_secrets.map(
        ({ client_secret_hash }) => [`/clients/${at}/client_secrets`, client_secret_hash] as const,
      ),
    ),
  ]
  const sample = hashes.find(
    ([, one]) => one !== undefined && SAMPLE_HASHES.has(hash('sha256', one.slice(4))),
  )
  if (sample === undefined) return
  throw new ConfigError(`${name}: ${sample[0]} is the public one of the README; ${MAKE_HASH}`)
}

function parse(text: string, name: string): unknown {
  const { load, YAMLException } = require('js-yaml') as typeof import('js-yaml')
  try {
    return load(text)
  } catch (error) {
    for (const [at, one] of text.split(/\r?\n/).entries()) {
      const variable = referenceIn(one)
      if (variable === undefined) continue
      throw new ConfigError(`${name}, line ${at + 1}: ${OTHER_SPELLING}; write it as \${${variable}}`)
    }
    if (!(error instanceof YAMLException)) throw new ConfigError(`${name} cannot be read as YAML`)
    const line = error.mark === undefined ? '' : `, line ${error.mark.line + 1}`
    throw new ConfigError(`${name}${line}: ${mistake(error.reason)}`)
  }
}

// {{ NAME }} and %NAME%, which without quotes are no YAML.
function referenceIn(line: string): string | undefined {
  const value = line.replace(/\s+#.*$/, '').replace(/^.*?(?:^\s*-|:)\s+/, '')
  return /^[{%]/.test(value) ? foreignReference(value, {}) : undefined
}

// The library quotes what it stumbled over, which may be a secret that lacks its quotes.
function mistake(reason: string): string {
  const kind = reason.replace(/ ?(?:".*"|!<.*>)|: .*/gs, '')
  return /\b(?:alias|anchor|tag)\b/.test(kind)
    ? `${kind}; put a value that begins with * or & or ! in quotes`
    : kind
}
