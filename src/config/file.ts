import { hash } from 'node:crypto'
import { createRequire } from 'node:module'
import type { Schema } from '@cfworker/json-schema'
import { ConfigError, MAKE_HASH } from './config-error.ts'
import type { RawEnvironment } from './environment.ts'
import { interpolate } from './interpolate.ts'
import { listed, nearest } from './names.ts'
import { foreignReference, OTHER_SPELLING, refuseReferences } from './references.ts'
import { CLIENT_SCHEMA, type Entries, FILE_SCHEMA, USER_SCHEMA } from './schema.ts'

// Loaded only where a file is read: the demo starts without either.
const require = createRequire(import.meta.url)

/**
 * Parses and validates the text of `CONFIG_FILE`: YAML 1.2, of which JSON is a part. Throws `ConfigError` that
 * lists the problems with path and reason.
 */
export function readEntries(text: string, name: string, env: RawEnvironment): Entries {
  const document = interpolate(parse(text, name), env, `${name}: `)
  refuseReferences(document, env, `${name}: `)
  const problems = errorsOf(document)
    .filter(({ keyword }) => !CONTAINERS.has(keyword))
    .map(explain)
  if (problems.length > 0) throw new ConfigError(`${name}: ${listed(problems, '; ')}`)
  const entries = { clients: [], users: [], scopes: {}, ...(document as Partial<Entries>) }
  if (entries.clients.length === 0) throw new ConfigError(`${name} has no clients; give at least one`)
  checkSubjects(entries, name)
  checkSample(entries, name)
  return entries
}

// SHA-256 of the hash in README.md, from its cost on: whoever reads it may know or find the password.
const SAMPLE_HASH = 'c3aec98aec09b28aefaaa3f087b9a6c4e1592918e7f3b3cb72f918f530e1e03b'

function checkSample({ clients, users }: Entries, name: string): void {
  const hashes = [
    ...users.map(({ password_hash }, at) => [`/users/${at}/password_hash`, password_hash] as const),
    ...clients.map((client, at) => [`/clients/${at}/client_secret_hash`, client.client_secret_hash] as const),
  ]
  const sample = hashes.find(([, one]) => one !== undefined && hash('sha256', one.slice(4)) === SAMPLE_HASH)
  if (sample === undefined) return
  throw new ConfigError(`${name}: ${sample[0]} is the public one of the README; ${MAKE_HASH}`)
}

function errorsOf(document: unknown): readonly Problem[] {
  const { Validator } = require('@cfworker/json-schema') as typeof import('@cfworker/json-schema')
  // It walks the schema instead of compiling it, which for one document at a start is twenty times as fast.
  const find = (onlyFirst: boolean) =>
    new Validator(FILE_SCHEMA as unknown as Schema, '2020-12', onlyFirst).validate(document).errors
  try {
    return find(false)
  } catch (error) {
    // More errors than the library can pass to a function: the same slip in each of tens of thousands of people.
    if (!(error instanceof RangeError)) throw error
    return find(true)
  }
}

// RFC 9700 §4.15: a token of client_credentials has the client's id for its subject, which must not be a person's.
function checkSubjects({ clients, users }: Entries, name: string): void {
  const people = new Map(users.map(({ username, sub = username }) => [sub, username]))
  for (const [at, { client_id, grant_types = [] }] of clients.entries()) {
    const username = grant_types.includes('client_credentials') ? people.get(client_id) : undefined
    if (username === undefined) continue
    throw new ConfigError(
      `${name}: /clients/${at}/client_id: ${client_id} is the sub of user ${username} too, so tokens of client_credentials would look like that person's; rename the client`,
    )
  }
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

// The validator also reports each value that holds a wrong one.
const CONTAINERS: ReadonlySet<string> = new Set(['properties', 'items', 'additionalProperties'])

const NO_HASH = `is not a bcrypt hash (of a cost from 04 to 17); ${MAKE_HASH}`

// What the library would say of a value's form, in words that help, by the field's name.
const FORMS: Readonly<Record<string, string>> = {
  password_hash: NO_HASH,
  client_secret_hash: NO_HASH,
  // RFC 6749 §2.3.1: a secret that can be tried out is none.
  client_secret: 'has fewer than 16 characters and can be guessed; make one with: openssl rand -hex 32',
  client_id: 'must be of printable ASCII characters, 255 at most',
  sub: 'must be of printable ASCII characters without spaces, 255 at most',
  scope: 'must have 2000 characters at most',
}

interface Problem {
  keyword: string
  instanceLocation: string
  error: string
}

// The library's sentence, in the words of somebody who edits a file.
function explain({ keyword, instanceLocation, error }: Problem): string {
  const path = instanceLocation.slice(1)
  if (keyword === 'false') {
    const at = path.lastIndexOf('/')
    return `${path.slice(0, at) || '/'} has the unknown name ${withGuess(path)}`
  }
  const where = path || '/'
  if (keyword === 'enum')
    return `${where} must be one of ${JSON.parse(error.slice(error.indexOf('['), -1)).join(', ')}`
  // RFC 6749 A.2: client-secret = *VSCHAR. A client could never send any other.
  if (keyword === 'pattern' && path.endsWith('/client_secret')) {
    return `${where} has a character that is not printable ASCII, such as a line break or an umlaut; make one with: openssl rand -hex 32`
  }
  const form = FORMS[path.slice(path.lastIndexOf('/') + 1)]
  if (/^(pattern|minLength|maxLength)$/.test(keyword) && form !== undefined) return `${where} ${form}`
  if (keyword === 'minLength') return `${where} must not be empty`
  const [, type, expected] = /^Instance type "(\w+)" is invalid\. Expected "(\w+)"/.exec(error) ?? []
  if (type === 'null') return `${where} is empty; it must be ${expected}`
  if (type !== undefined) return `${where} must be ${expected}, not ${type}`
  return `${where}: ${error.replace(/^Instance does not have /, 'lacks the ').replace(/\.$/, '')}`
}

const SCHEMAS = new Map<string | undefined, { properties: object }>([
  ['clients', CLIENT_SCHEMA],
  ['users', USER_SCHEMA],
])

/** The unknown name at the end of `path`, with the known one that was probably meant. */
function withGuess(path: string): string {
  const parts = path.split('/')
  const name = parts.pop() ?? ''
  const known = Object.keys((SCHEMAS.get(parts[1]) ?? FILE_SCHEMA).properties)
  // Of a short name two wrong letters leave nothing.
  const meant =
    nearest(name, known, name.length > 5 ? 2 : 1) ??
    known.find((one) => one.endsWith(`_${name}`) || one.startsWith(name))
  return meant === undefined ? name : `${name} (did you mean ${meant}?)`
}
