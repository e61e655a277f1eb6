import { createRequire } from 'node:module'
import type { Ajv as AjvClass } from 'ajv'
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
  const { Ajv } = require('ajv') as { Ajv: typeof AjvClass }
  // The schema is ours and typed: checking it against its own meta-schema would cost 40 ms of every start.
  const ajv = new Ajv({ allErrors: true, meta: false, validateSchema: false })
  if (!ajv.validate(FILE_SCHEMA, document)) {
    const problems = (ajv.errors ?? []).map((error) => `${error.instancePath || '/'} ${explain(error)}`)
    throw new ConfigError(`${name}: ${problems.join('; ')}`)
  }
  return { scopes: {}, ...(document as Omit<Entries, 'scopes'>) }
}

function parse(text: string, name: string): unknown {
  const yaml = require('yaml') as typeof import('yaml')
  const document = yaml.parseDocument(text, { prettyErrors: false })
  const [problem] = document.errors
  if (problem !== undefined) {
    const line = text.slice(0, problem.pos[0]).split('\n').length
    throw new ConfigError(`${name}, line ${line}: ${problem.message}`)
  }
  try {
    return document.toJS({ maxAliasCount: 100 })
  } catch (error) {
    throw new ConfigError(`${name}: ${reason(error)}`)
  }
}

interface Problem {
  keyword: string
  message?: string
  params: Record<string, unknown>
}

// The library's sentence, with what it leaves in its parameters.
function explain({ keyword, message = 'is wrong', params }: Problem): string {
  if (keyword === 'additionalProperties') return `has the unknown name ${params.additionalProperty}`
  if (keyword === 'enum') return `must be one of ${(params.allowedValues as string[]).join(', ')}`
  if (keyword === 'pattern') return 'is not of the required form'
  return message
}
