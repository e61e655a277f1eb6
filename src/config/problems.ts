import { nearest } from './names.ts'

/**
 * The part of JSON Schema (2020-12) that our schemas use. The types are closed: a keyword that nothing checks does not
 * compile. Lengths are in UTF-16 units. `says` has better words for a keyword than "must have 16 characters or more".
 */
export type Schema = TextSchema | NumberSchema | BooleanSchema | ListSchema | ObjectSchema | AnySchema

/** Whatever JSON can say. */
interface AnySchema {
  readonly type?: never
}

interface TextSchema {
  readonly type: 'string'
  readonly enum?: readonly string[]
  readonly minLength?: number
  readonly maxLength?: number
  readonly pattern?: string
  readonly says?: { readonly [Keyword in 'minLength' | 'maxLength' | 'pattern']?: string }
}

interface NumberSchema {
  readonly type: 'integer'
  readonly minimum?: number
  readonly maximum?: number
}

interface BooleanSchema {
  readonly type: 'boolean'
}

interface ListSchema {
  readonly type: 'array'
  readonly minItems?: number
  readonly items: Schema
}

interface ObjectSchema {
  readonly type: 'object'
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, Schema>>
  /** What else it may hold: nothing, or values of one kind under any name. */
  readonly additionalProperties: false | Schema
}

export interface Problem {
  /** Where it is: the names and places that lead there, each behind a slash; '' for the whole. */
  readonly path: string
  /** Goes on from the path: `must be text, not a list`. Repeats no text that was given, for it may be a secret. */
  readonly problem: string
}

/** Everything in `value`, which is at `path`, that the schema does not allow. */
export function* problems(schema: Schema, value: unknown, path = ''): Generator<Problem, void> {
  const wrong = typeProblem(schema, value)
  if (wrong !== undefined) yield { path, problem: wrong }
  else if (schema.type === 'object') yield* inObject(schema, value as Record<string, unknown>, path)
  else if (schema.type === 'array') yield* inList(schema, value as readonly unknown[], path)
  else if (schema.type === 'integer') yield* inNumber(schema, value as number, path)
  else if (schema.type === 'string') yield* inText(schema, value as string, path)
}

// In the words of somebody who edits a file.
const TYPES = {
  string: 'text',
  integer: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
} as const

function typeProblem(schema: Schema, value: unknown): string | undefined {
  if (schema.type === undefined) return undefined
  const choice = schema.type === 'string' ? schema.enum : undefined
  if (choice?.includes(value as string)) return undefined
  if (choice === undefined && hasType(schema.type, value)) return undefined
  const expected = `must be ${choice === undefined ? TYPES[schema.type] : `one of ${choice.join(', ')}`}`
  if (value === null || value === undefined) return `is empty; it ${expected}`
  if (choice !== undefined) return expected
  const hint = schema.type === 'string' && typeof value !== 'object' ? '; put it in quotes' : ''
  return `${expected}, not ${kindOf(value)}${hint}`
}

function hasType(type: keyof typeof TYPES, value: unknown): boolean {
  if (type === 'integer') return Number.isInteger(value)
  if (type === 'array') return Array.isArray(value)
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value)
  return typeof value === type
}

function kindOf(value: unknown): string {
  if (typeof value === 'boolean') return String(value)
  if (typeof value === 'number') return Number.isInteger(value) ? 'a number' : 'a fraction'
  return TYPES[Array.isArray(value) ? 'array' : typeof value === 'string' ? 'string' : 'object']
}

function* inObject(
  schema: ObjectSchema,
  value: Record<string, unknown>,
  path: string,
): Generator<Problem, void> {
  const { required = [], properties = {}, additionalProperties } = schema
  for (const name of required) {
    if (!Object.hasOwn(value, name)) yield { path, problem: `lacks ${name}, which is required` }
  }
  for (const [name, item] of Object.entries(value)) {
    // One line, whatever somebody calls things; and where a colon or a space is missing the name holds the value, perhaps a secret.
    const shown = name.replace(/\p{Cc}/gu, '?')
    const [word = ''] = /^[\w.?-]*/.exec(shown) ?? []
    const known = Object.hasOwn(properties, name) ? properties[name] : additionalProperties
    if (known) yield* problems(known, item, `${path}/${shown}`)
    else
      yield {
        path,
        problem: `has the unknown name ${withGuess(word === shown ? shown : `${word}…`, Object.keys(properties))}`,
      }
  }
}

/** The unknown name, with the known one that was probably meant. */
function withGuess(name: string, known: readonly string[]): string {
  // Of a short name two wrong letters leave nothing.
  const meant =
    nearest(name, known, name.length > 5 ? 2 : 1) ??
    known.find((one) => one.endsWith(`_${name}`) || one.startsWith(name))
  return meant === undefined ? name : `${name} (did you mean ${meant}?)`
}

function* inList({ items, minItems = 0 }: ListSchema, list: readonly unknown[], path: string) {
  if (list.length < minItems) yield { path, problem: atLeast(minItems, 'entries') }
  for (const [at, item] of list.entries()) yield* problems(items, item, `${path}/${at}`)
}

function* inNumber({ minimum = -Infinity, maximum = Infinity }: NumberSchema, number: number, path: string) {
  if (number < minimum) yield { path, problem: `must be ${minimum} or more, not ${number}` }
  if (number > maximum) yield { path, problem: `must be ${maximum} or less, not ${number}` }
}

function* inText(schema: TextSchema, text: string, path: string): Generator<Problem, void> {
  const { minLength = 0, maxLength = Infinity, pattern, says = {} } = schema
  if (text.length < minLength) yield { path, problem: says.minLength ?? atLeast(minLength, 'characters') }
  if (text.length > maxLength)
    yield { path, problem: says.maxLength ?? `must have ${maxLength} characters at most` }
  if (pattern !== undefined && !new RegExp(pattern, 'u').test(text))
    yield { path, problem: says.pattern ?? `must match ${pattern}` }
}

function atLeast(count: number, what: string): string {
  return count === 1 ? 'must not be empty' : `must have ${count} ${what} or more`
}
