import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readRefusedObject } from '../../src/protocol/request-object.ts'

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const object = (payload: unknown, signature = '') => `${part({ alg: 'none' })}.${part(payload)}.${signature}`

test('OpenID Connect Core §6.1: state and response_mode of the payload, signed or not', () => {
  const payload = { state: 's', response_mode: 'form_post', redirect_uri: 'https://evil.example/' }
  for (const signature of ['', 'c2ln'])
    assert.deepEqual(readRefusedObject(object(payload, signature)), {
      state: 's',
      response_mode: 'form_post',
    })
  assert.deepEqual(readRefusedObject(object({ state: 's' })), { state: 's' })
})

test('only strings', () => {
  for (const value of [1, null, true, ['s'], { s: 's' }, ''])
    assert.deepEqual(readRefusedObject(object({ state: value })), {})
  assert.deepEqual(readRefusedObject(object({ state: 1, response_mode: 'fragment' })), {
    response_mode: 'fragment',
  })
})

test('anything that is not three parts with a JSON object in the middle is ignored', () => {
  const good = object({ state: 's' })
  for (const text of [
    undefined,
    '',
    'x',
    '..',
    `.${part({ state: 's' })}.`,
    `${good}.x`,
    `${good} `,
    `${good}\n`,
    `${good}.a.b`,
    good.replace(/\.$/, ''),
    object('state'),
    object(null),
    object(['state']),
    `${part({})}.${Buffer.from('{"state":"s"').toString('base64url')}.`,
    `${part({})}.bm90IGpzb24.`,
  ])
    assert.deepEqual(readRefusedObject(text), {}, String(text))
})

test('no name reaches a prototype', () => {
  const text = `${part({})}.${Buffer.from('{"__proto__":{"state":"s"}}').toString('base64url')}.`
  assert.deepEqual(readRefusedObject(text), {})
  assert.equal(({} as Record<string, unknown>).state, undefined)
})
