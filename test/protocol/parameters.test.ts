import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { OAuthError } from '../../src/protocol/errors.ts'
import { Parameters } from '../../src/protocol/parameters.ts'

/** A prototype-free map, as the form parser makes it. */
function parameters(pairs: [string, string | string[]][]): Parameters {
  const map = Object.create(null)
  for (const [name, value] of pairs) map[name] = value
  return new Parameters(map)
}

function refused(call: () => unknown, says: RegExp): void {
  assert.throws(
    call,
    (error) => error instanceof OAuthError && error.error === 'invalid_request' && says.test(error.message),
  )
}

describe('parameters: RFC 6749 sections 3.1 and 3.2', () => {
  test('a parameter that is sent once has its value', () => {
    assert.equal(parameters([['state', 'x y']]).one('state'), 'x y')
    assert.equal(parameters([['state', 'x']]).required('state'), 'x')
    assert.equal(parameters([['state', '0']]).one('state'), '0')
  })

  test('a repeated parameter is invalid_request that names it, also with equal or empty values', () => {
    for (const values of [['a', 'b'], ['a', 'a'], ['', ''], ['a', ''], ['a']]) {
      const sent = parameters([['client_id', values]])
      refused(() => sent.one('client_id'), /client_id/)
      refused(() => sent.required('client_id'), /client_id/)
    }
  })

  test('a parameter without a value counts as absent', () => {
    const sent = parameters([['state', '']])
    assert.equal(sent.one('state'), undefined)
    assert.equal(sent.quiet('state'), undefined)
    assert.deepEqual(sent.many('state'), [])
    refused(() => sent.required('state'), /state is missing/)
    refused(() => parameters([]).required('state'), /state is missing/)
  })

  test('an unknown parameter is ignored, also repeated', () => {
    const sent = parameters([
      ['utm', ['1', '2']],
      ['state', 'x'],
    ])
    assert.equal(sent.one('state'), 'x')
  })

  test('resource may repeat (RFC 8707): all values in order, without the empty ones', () => {
    assert.deepEqual(parameters([['resource', ['b', '', 'a', 'b']]]).many('resource'), ['b', 'a', 'b'])
    assert.deepEqual(parameters([['resource', 'a']]).many('resource'), ['a'])
    assert.deepEqual(parameters([]).many('resource'), [])
  })

  test('quiet: a repeated parameter is absent', () => {
    assert.equal(parameters([['state', ['a', 'b']]]).quiet('state'), undefined)
    assert.equal(parameters([['state', 'a']]).quiet('state'), 'a')
    assert.equal(parameters([]).quiet('state'), undefined)
  })

  test('no name reaches a prototype', () => {
    for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf']) {
      const none = parameters([])
      assert.equal(none.one(name), undefined, name)
      assert.equal(none.quiet(name), undefined, name)
      assert.deepEqual(none.many(name), [], name)
      const sent = parameters([[name, 'x']])
      assert.equal(sent.one(name), 'x')
      assert.deepEqual(sent.sorted(), [[name, 'x']])
    }
    assert.equal(({} as Record<string, unknown>).x, undefined)
  })

  test('without a body there are no parameters', () => {
    const none = new Parameters(undefined)
    assert.equal(none.one('client_id'), undefined)
    assert.deepEqual(none.many('resource'), [])
    assert.deepEqual(none.sorted(), [])
  })

  test('sorted: the same request in another order is the same, other values or their order are not', () => {
    const one = parameters([
      ['b', '2'],
      ['a', '1'],
      ['c', ''],
      ['r', ['y', 'x']],
    ])
    assert.deepEqual(one.sorted(), [
      ['a', '1'],
      ['b', '2'],
      ['r', 'y'],
      ['r', 'x'],
    ])
    const other = parameters([
      ['r', ['y', 'x']],
      ['a', '1'],
      ['b', '2'],
    ])
    assert.deepEqual(other.sorted(), one.sorted())
  })
})
