import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { OWN_TERMS } from '../../src/grants/profiles.ts'
import { makeHandle, openHandle } from '../../src/secrets/handles.ts'
import { Keys } from '../../src/secrets/keys.ts'
import {
  makeAccessToken,
  makeClientToken,
  openAccessToken,
  openClientToken,
} from '../../src/tokens/layouts.ts'
import { KEY } from '../support/server.ts'

const keys = new Keys([KEY])
const FACTS = {
  grant_id: 'AAECAwQFBgcICQoLDA0ODw',
  issued_at: 1_800_000_000,
  expires_at: 1_800_000_300,
  jti: 'EBESExQVFhcYGRob',
}

describe('access tokens', () => {
  // In use, and read by nodes that are not upgraded yet.
  test('the layout of 0.1.0 stays for a token that has its place in the grant', () => {
    const before =
      'at_ASGO25IAAQIDBAUGBwgJCgsMDQ4PDwAAa0nSAAAAa0nTLBAREhMUFRYXGBkaG89vGg082wKreNdnGgWV86sskN5O7XU__GCMvLIjNe_Q'
    assert.equal(makeAccessToken(keys, { ...FACTS, profile: 15, terms: { scope: 'read' } }), before)
    assert.deepEqual(openAccessToken(keys, before), { ...FACTS, profile: 15 })
  })

  test('one without a place carries its scope, of any length that a client may have', () => {
    for (const scope of ['', 'read', 'read write', `${'long '.repeat(399)}long`, 'x'.repeat(2000)]) {
      const token = makeAccessToken(keys, { ...FACTS, profile: OWN_TERMS, terms: { scope } })
      assert.deepEqual(openAccessToken(keys, token), { ...FACTS, profile: OWN_TERMS, terms: { scope } })
      assert.ok(token.length <= 4096)
      const flipped = token.slice(0, -9) + (token.at(-9) === 'A' ? 'B' : 'A') + token.slice(-8)
      assert.equal(openAccessToken(keys, flipped), undefined)
      assert.equal(openAccessToken(keys, token.slice(0, -4)), undefined)
    }
  })

  test('one without a place carries its resources too, as many as a request may have', () => {
    const resource = Array.from({ length: 8 }, (_, at) => `https://${at}.example/`.padEnd(87, 'x'))
    for (const terms of [
      { scope: 'x'.repeat(2000), resource },
      { scope: '', resource: ['https://a.example/'] },
      { scope: 'read', resource: ['https://a.example', ''] },
    ]) {
      const token = makeAccessToken(keys, { ...FACTS, profile: OWN_TERMS, terms })
      assert.deepEqual(openAccessToken(keys, token), { ...FACTS, profile: OWN_TERMS, terms })
      assert.ok(token.length <= 4096, `${token.length}`)
    }
  })

  test('a place and a scope of its own, or facts that are cut, are no token', () => {
    const facts = (profile: number, tail: string) => {
      const bytes = Buffer.alloc(16 + 1 + 12 + 12 + tail.length)
      bytes[16] = profile
      bytes.write(tail, 41)
      return bytes
    }
    const open = (bytes: Buffer) => openAccessToken(keys, makeHandle(keys, 'at', bytes))
    assert.ok(open(facts(0, '')))
    assert.equal(open(facts(0, 'read')), undefined)
    assert.equal(open(facts(254, 'read')), undefined)
    assert.deepEqual(open(facts(OWN_TERMS, 'read'))?.terms, { scope: 'read' })
    assert.equal(open(facts(OWN_TERMS, '').subarray(0, 40)), undefined)
    assert.equal(open(Buffer.alloc(0)), undefined)
  })
})

test('the layout of 0.1.0 stays for a token of the client itself', () => {
  const { issued_at, expires_at, jti } = FACTS
  const facts = { client_id: 'svc', terms: { scope: 'read write' }, issued_at, expires_at, jti }
  const before =
    'ct_ASGO25IAAGtJ0gAAAGtJ0ywQERITFBUWFxgZGhsAA3N2Y3JlYWQgd3JpdGVFcDZZLPC8YUdCYFtxrEZSk_vIbi291eDeRvxfAU2Z8w'
  assert.equal(makeClientToken(keys, facts), before)
  assert.deepEqual(openClientToken(keys, before), facts)
})

test("a token of the client itself carries its resources, and is nobody's to a release that knows none", () => {
  const { issued_at, expires_at, jti } = FACTS
  const resource = Array.from({ length: 8 }, (_, at) => `https://${at}.example/`.padEnd(87, 'x'))
  for (const [client_id, terms] of [
    ['svc', { scope: 'read', resource: ['https://a.example/mcp'] }],
    ['c'.repeat(255), { scope: 'x'.repeat(2000), resource }],
  ] as const) {
    const token = makeClientToken(keys, { client_id, terms, issued_at, expires_at, jti })
    assert.ok(token.length <= 4096, `${token.length}`)
    assert.deepEqual(openClientToken(keys, token), { client_id, terms, issued_at, expires_at, jti })
    // As releases of before read it: an id of so many bytes, then the scope.
    const facts = openHandle(keys, 'ct', token) as Buffer
    const idEnd = 26 + facts.readUInt16BE(24)
    assert.notEqual(facts.toString('utf8', 26, idEnd), client_id)
    assert.equal(facts.toString('utf8', idEnd), '')
  }
})
