import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { type HandleKind, makeHandle, openHandle } from '../../src/secrets/handles.ts'
import { Keys } from '../../src/secrets/keys.ts'

const KINDS: readonly HandleKind[] = ['at', 'ct', 'rt', 'ac', 'bs', 'bw', 'kd', 'lh', 'pl', 'ci', 'ri']
const OLD = 'an old secret of at least thirty-two bytes'
const NEW = 'a new secret of at least thirty-two bytes!'
const keys = new Keys([OLD])
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

describe('handles', () => {
  test('a handle opens to the very facts it was made of, for every kind', () => {
    const kind = fc.constantFrom(...KINDS)
    fc.assert(
      fc.property(kind, fc.uint8Array({ maxLength: 300 }), (kind, bytes) => {
        const facts = Buffer.from(bytes)
        const handle = makeHandle(keys, kind, facts)
        assert.match(handle, new RegExp(`^${kind}_[A-Za-z0-9_-]+$`))
        assert.deepEqual(openHandle(keys, kind, handle), facts)
      }),
    )
  })

  test('the same facts make the same handle, other facts another', () => {
    const make = (facts: string) => makeHandle(keys, 'rt', Buffer.from(facts))
    assert.equal(make('a'), make('a'))
    assert.notEqual(make('a'), make('b'))
  })

  test('every single changed character is refused', () => {
    // Lengths modulo 3, so that each number of spare bits at the end occurs.
    for (const length of [20, 21, 22]) {
      const handle = makeHandle(keys, 'rt', Buffer.alloc(length, 7))
      for (let at = 0; at < handle.length; at++) {
        for (const other of `${ALPHABET}.=~ `) {
          if (other === handle[at]) continue
          const forged = handle.slice(0, at) + other + handle.slice(at + 1)
          assert.equal(openHandle(keys, 'rt', forged), undefined, `position ${at}: ${other}`)
        }
      }
    }
  })

  test('a cut, lengthened or doubled handle is refused', () => {
    const handle = makeHandle(keys, 'rt', Buffer.alloc(20, 7))
    for (let end = 0; end < handle.length; end++) {
      assert.equal(openHandle(keys, 'rt', handle.slice(0, end)), undefined)
    }
    for (const added of ['A', 'AA', 'AAAA', '=', '==', '.', ' ', '\n', '\u0000', '%3D']) {
      assert.equal(openHandle(keys, 'rt', handle + added), undefined, JSON.stringify(added))
      assert.equal(openHandle(keys, 'rt', added + handle), undefined, JSON.stringify(added))
    }
    assert.equal(openHandle(keys, 'rt', handle + handle), undefined)
  })

  test('a non-canonical base64url spelling of a genuine handle is refused', () => {
    // 20 facts + 37 = 57 bytes, 76 characters: no spare bits; with 21 and 22 there are some.
    for (const length of [20, 21, 22]) {
      const facts = Buffer.alloc(length, 0xff)
      const handle = makeHandle(keys, 'rt', facts)
      const encoded = handle.slice(3)
      const bytes = Buffer.from(encoded, 'base64url')
      const spellings = [
        bytes.toString('base64'),
        `${encoded}=`,
        `${encoded}==`,
        encoded.replaceAll('_', '/'),
        encoded.replaceAll('-', '+'),
        `${encoded.slice(0, 8)} ${encoded.slice(8)}`,
        `${encoded.slice(0, 8)}\n${encoded.slice(8)}`,
        `${encoded.slice(0, 8)}!${encoded.slice(8)}`,
        ...[...ALPHABET].map((last) => encoded.slice(0, -1) + last),
      ]
      let same = 0
      for (const spelling of spellings) {
        if (spelling === encoded) continue
        if (Buffer.from(spelling, 'base64url').equals(bytes)) same++
        assert.equal(openHandle(keys, 'rt', `rt_${spelling}`), undefined, spelling)
      }
      assert.ok(same >= 6, 'the decoder reads these as the same bytes, so only the spelling refuses them')
      assert.deepEqual(openHandle(keys, 'rt', handle), facts)
    }
  })

  test('kinds are not interchangeable, neither as they are nor under another prefix', () => {
    for (const made of KINDS) {
      const handle = makeHandle(keys, made, Buffer.alloc(20, 7))
      for (const asked of KINDS) {
        if (asked === made) continue
        assert.equal(openHandle(keys, asked, handle), undefined)
        assert.equal(openHandle(keys, asked, `${asked}_${handle.slice(3)}`), undefined, `${made} as ${asked}`)
      }
    }
  })

  test('the prefix is part of the handle', () => {
    const handle = makeHandle(keys, 'rt', Buffer.alloc(20, 7))
    for (const prefix of ['', 'rt', 'RT_', 'rt-', 'xrt_', 'rt__']) {
      assert.equal(openHandle(keys, 'rt', prefix + handle.slice(3)), undefined, prefix)
    }
  })

  test('after a key change the first key signs, the second still verifies, a dropped one does not', () => {
    const facts = Buffer.from('facts')
    const old = makeHandle(keys, 'rt', facts)
    const both = new Keys([NEW, OLD])
    assert.deepEqual(openHandle(both, 'rt', old), facts)
    const fresh = makeHandle(both, 'rt', facts)
    assert.notEqual(fresh, old)
    assert.deepEqual(openHandle(new Keys([NEW]), 'rt', fresh), facts)
    assert.equal(openHandle(new Keys([NEW]), 'rt', old), undefined)
    assert.equal(openHandle(keys, 'rt', fresh), undefined)
  })

  test('another key under the same key id does not verify', () => {
    const handle = makeHandle(keys, 'rt', Buffer.from('facts'))
    const bytes = Buffer.from(handle.slice(3), 'base64url')
    new Keys([NEW]).currentId.copy(bytes, 1)
    assert.equal(openHandle(new Keys([NEW]), 'rt', `rt_${bytes.toString('base64url')}`), undefined)
    assert.equal(openHandle(new Keys([NEW, OLD]), 'rt', `rt_${bytes.toString('base64url')}`), undefined)
  })

  test('another version is refused, also where its signature is genuine', () => {
    const sign = (version: number) => {
      const head = Buffer.concat([Buffer.from([version]), keys.currentId, Buffer.from('facts')])
      return `rt_${Buffer.concat([head, keys.sign('rt', head)]).toString('base64url')}`
    }
    assert.deepEqual(openHandle(keys, 'rt', sign(1)), Buffer.from('facts'))
    for (const version of [0, 2, 255]) assert.equal(openHandle(keys, 'rt', sign(version)), undefined)
  })

  test('an oversize handle is refused, also a genuine one', () => {
    const huge = makeHandle(keys, 'ct', Buffer.alloc(3100))
    assert.ok(huge.length > 4096)
    assert.equal(openHandle(keys, 'ct', huge), undefined)
    assert.notEqual(openHandle(keys, 'ct', makeHandle(keys, 'ct', Buffer.alloc(3000))), undefined)
  })

  test('arbitrary text is refused without an error', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        assert.equal(openHandle(keys, 'rt', text), undefined)
        assert.equal(openHandle(keys, 'rt', `rt_${text}`), undefined)
      }),
    )
  })
})

describe('keys', () => {
  test('a purpose, a secret and the data each change the signature', () => {
    const base = keys.sign('at', 'data')
    assert.equal(base.length, 32)
    assert.deepEqual(keys.sign('at', 'data'), base)
    for (const other of [
      keys.sign('rt', 'data'),
      keys.sign('at', 'Data'),
      new Keys([NEW]).sign('at', 'data'),
    ]) {
      assert.notDeepEqual(other, base)
    }
  })

  test('a token that no record stands behind is good at its own issuer only', () => {
    const [one, other] = [new Keys([OLD], 'https://one.example'), new Keys([OLD], 'https://other.example')]
    const token = makeHandle(one, 'ct', Buffer.from('facts'))
    assert.notEqual(openHandle(one, 'ct', token), undefined)
    assert.equal(openHandle(other, 'ct', token), undefined)
  })

  test('verify refuses a tag of another length', () => {
    const tag = keys.sign('csrf', 'data')
    assert.equal(keys.verify('csrf', keys.currentId, 'data', tag), true)
    assert.equal(keys.verify('csrf', keys.currentId, 'data', tag.subarray(0, 31)), false)
    assert.equal(keys.verify('csrf', keys.currentId, 'data', Buffer.concat([tag, tag])), false)
    assert.equal(keys.verify('csrf', keys.currentId, 'data', Buffer.alloc(0)), false)
  })
})
