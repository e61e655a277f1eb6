import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CLIENT_SCHEMA } from '../../src/config/client-schema.ts'
import { problems, type Schema } from '../../src/config/problems.ts'
import { FILE_SCHEMA, USER_SCHEMA } from '../../src/config/schema.ts'

const said = (schema: Schema, value: unknown) =>
  [...problems(schema, value)].map(({ path, problem }) => `${path || '/'} ${problem}`)

/** Asserts what is said of each value: nothing if it is allowed. */
function check(schema: Schema, cases: readonly (readonly [unknown, ...string[]])[]): void {
  for (const [value, ...expected] of cases)
    assert.deepEqual(said(schema, value), expected, JSON.stringify(value))
}

test('type: string', () => {
  check({ type: 'string' }, [
    ['x'],
    [''],
    [1, '/ must be text, not a number; put it in quotes'],
    [1.5, '/ must be text, not a fraction; put it in quotes'],
    [true, '/ must be text, not true; put it in quotes'],
    [['x'], '/ must be text, not a list'],
    [{ x: 'x' }, '/ must be text, not a mapping'],
    [null, '/ is empty; it must be text'],
    [undefined, '/ is empty; it must be text'],
  ])
})

test('type: integer, boolean, array, object', () => {
  check({ type: 'integer' }, [
    [0],
    [-5],
    [2 ** 60],
    ['1', '/ must be a whole number, not text'],
    [1.5, '/ must be a whole number, not a fraction'],
    [Number.NaN, '/ must be a whole number, not a fraction'],
    [Number.POSITIVE_INFINITY, '/ must be a whole number, not a fraction'],
    [false, '/ must be a whole number, not false'],
    [null, '/ is empty; it must be a whole number'],
  ])
  check({ type: 'boolean' }, [
    [true],
    [false],
    ['yes', '/ must be true or false, not text'],
    [0, '/ must be true or false, not a number'],
    [null, '/ is empty; it must be true or false'],
  ])
  check({ type: 'array', items: { type: 'string' } }, [
    [[]],
    [{}, '/ must be a list, not a mapping'],
    ['x', '/ must be a list, not text'],
    [null, '/ is empty; it must be a list'],
  ])
  check({ type: 'object', additionalProperties: false }, [
    [{}],
    [[], '/ must be a mapping, not a list'],
    ['x', '/ must be a mapping, not text'],
    [null, '/ is empty; it must be a mapping'],
  ])
})

test('enum: the choice is named, whatever else was given', () => {
  check({ type: 'string', enum: ['a', 'b'] }, [
    ['a'],
    ['c', '/ must be one of a, b'],
    ['A', '/ must be one of a, b'],
    [1, '/ must be one of a, b'],
    [['a'], '/ must be one of a, b'],
    [null, '/ is empty; it must be one of a, b'],
  ])
})

test('minLength, maxLength, pattern: in plain words, or in those of the schema; each is said', () => {
  check({ type: 'string', minLength: 1 }, [['a'], ['', '/ must not be empty']])
  check({ type: 'string', minLength: 3, maxLength: 4 }, [
    ['abc'],
    ['abcd'],
    ['ab', '/ must have 3 characters or more'],
    ['abcde', '/ must have 4 characters at most'],
  ])
  check({ type: 'string', pattern: '^a+$' }, [['aa'], ['', '/ must match ^a+$'], ['ab', '/ must match ^a+$']])
  const says = { minLength: 'is short', maxLength: 'is long', pattern: 'is no a' }
  check({ type: 'string', minLength: 2, maxLength: 3, pattern: '^a*$', says }, [
    ['aa'],
    ['a', '/ is short'],
    ['aaaa', '/ is long'],
    ['bb', '/ is no a'],
    ['b', '/ is short', '/ is no a'],
  ])
})

test('minimum, maximum: both ends are allowed', () => {
  check({ type: 'integer', minimum: 1, maximum: 3 }, [
    [1],
    [3],
    [0, '/ must be 1 or more, not 0'],
    [4, '/ must be 3 or less, not 4'],
  ])
  check({ type: 'integer', minimum: 0 }, [[0], [-1, '/ must be 0 or more, not -1']])
})

test('items, minItems: each entry by its place', () => {
  check({ type: 'array', minItems: 1, items: { type: 'integer' } }, [
    [[1, 2]],
    [[], '/ must not be empty'],
    [[1, 'x', null], '/1 must be a whole number, not text', '/2 is empty; it must be a whole number'],
  ])
  check({ type: 'array', minItems: 2, items: { type: 'integer' } }, [[[1], '/ must have 2 entries or more']])
})

test('required, properties, additionalProperties: what is missing, wrong, and unknown', () => {
  const schema: Schema = {
    type: 'object',
    required: ['client_id', 'scope'],
    properties: { client_id: { type: 'string' }, scope: { type: 'string' } },
    additionalProperties: false,
  }
  check(schema, [
    [{ client_id: 'a', scope: 'b' }],
    [{ client_id: 'a' }, '/ lacks scope, which is required'],
    [{ client_id: 1, scope: 'b' }, '/client_id must be text, not a number; put it in quotes'],
    [{ client_id: 'a', scope: 'b', scop: 'c' }, '/ has the unknown name scop (did you mean scope?)'],
    [{ client_id: 'a', scope: 'b', colour: 'c' }, '/ has the unknown name colour'],
    [{ client_id: 'a', scope: 'b', id: 'c' }, '/ has the unknown name id (did you mean client_id?)'],
  ])
  check({ type: 'object', additionalProperties: { type: 'string' } }, [
    [{ anything: 'x', '': 'y' }],
    [{ 'https://a/b': 1 }, '/https://a/b must be text, not a number; put it in quotes'],
  ])
})

test('names that every object has are unknown, and missing, like others', () => {
  const properties = { constructor: { type: 'string' } } as const
  const schema: Schema = { type: 'object', properties, required: ['toString'], additionalProperties: false }
  check(schema, [
    [JSON.parse('{"toString": "x"}'), '/ has the unknown name toString'],
    [
      JSON.parse('{"__proto__": {}}'),
      '/ lacks toString, which is required',
      '/ has the unknown name __proto__',
    ],
    [{}, '/ lacks toString, which is required'],
  ])
})

test('one line, and no text that was given: it may be a secret', () => {
  check({ type: 'object', additionalProperties: false }, [
    [{ 'a\nb\u0085c': 1 }, '/ has the unknown name a?b?c'],
  ])
  const secret = 'hunter2 hunter2 \u00fc'
  const wrong = {
    clients: [
      { client_id: secret, client_secret: secret, client_secret_hash: secret, response_types: [secret] },
    ],
    users: [{ username: [secret], sub: secret, password_hash: secret, updated_at: secret, disabled: secret }],
  }
  const lines = said(FILE_SCHEMA, wrong)
  assert.equal(lines.length, 9)
  for (const line of lines) assert.ok(!line.includes('hunter2'), line)
})

test('the same slip in each of a hundred thousand people', () => {
  const users = Array.from({ length: 100_000 }, (_, at) => ({ username: `u${at}`, mail: 'x' }))
  assert.equal(said(FILE_SCHEMA, { users }).length, 100_000)
})

test('what the file asks for is said by the name of the field', () => {
  check(CLIENT_SCHEMA, [
    [{ client_id: '' }, '/client_id must not be empty'],
    [{ client_id: 'a'.repeat(256) }, '/client_id must have 255 characters at most'],
    [{ client_id: 'a', access_token_ttl: 0 }, '/access_token_ttl must be 1 or more, not 0'],
    [{}, '/ lacks client_id, which is required'],
  ])
  check(USER_SCHEMA, [
    [{ username: 'u', sub: 'a b' }, '/sub must be of printable ASCII characters without spaces'],
    [{ username: 'u', email_verified: 'yes' }, '/email_verified must be true or false, not text'],
  ])
})
