import { createRequire } from 'node:module'
import type { Schema } from '@cfworker/json-schema'
import { ConfigError } from './config-error.ts'
import { type RawEnvironment, reason } from './environment.ts'
import { interpolate } from './interpolate.ts'
import { type Entries, FILE_SCHEMA } from './schema.ts'

// Loaded only where a file is read: the demo starts without either.
const require = createRequire(import.meta.url)

/**
 * Parses and validates the text of `CONFIG_FILE`: YAML 1.2, of which JSON is a part. Throws `ConfigError` that
 * lists every problem with its path and reason.
 */
export function readEntries(text: string, name: string, env: RawEnvironment): Entries {
  const document = interpolate(parse(text, name), env)
  const { Validator } = require('@cfworker/json-schema') as typeof import('@cfworker/json-schema')
  // It walks the schema instead of compiling it, which for one document at a start is twenty times as fast.
  const { errors } = new Validator(FILE_SCHEMA as unknown as Schema, '2020-12', false).validate(document)
  const problems = errors.filter(({ keyword }) => !CONTAINERS.has(keyword)).map(explain)
  if (problems.length > 0) throw new ConfigError(`${name}: ${problems.join('; ')}`)
  return { scopes: {}, ...(document as Omit<Entries, 'scopes'>) }
}

function parse(text: string, name: string): unknown {
  const { load, YAMLException } = require('js-yaml') as typeof import('js-yaml')
  try {
    return load(text)
  } catch (error) {
    if (!(error instanceof YAMLException)) throw new ConfigError(`${name}: ${reason(error)}`)
    const line = error.mark === undefined ? '' : `, line ${error.mark.line + 1}`
    throw new ConfigError(`${name}${line}: ${error.reason}`)
  }
}

// The validator also reports each value that holds a wrong one.
const CONTAINERS: ReadonlySet<string> = new Set(['properties', 'items', 'additionalProperties'])

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
    return `${path.slice(0, at) || '/'} has the unknown name ${path.slice(at + 1)}`
  }
  const where = path || '/'
  if (keyword === 'enum')
    return `${where} must be one of ${JSON.parse(error.slice(error.indexOf('['), -1)).join(', ')}`
  if (keyword === 'pattern') return `${where} is not of the required form`
  const [, type, expected] = /^Instance type "(\w+)" is invalid\. Expected "(\w+)"/.exec(error) ?? []
  if (type !== undefined) return `${where} must be ${expected}, not ${type}`
  return `${where}: ${error.replace(/^Instance does not have /, 'lacks the ').replace(/\.$/, '')}`
}
