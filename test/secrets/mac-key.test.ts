import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { MacKey } from '../../src/secrets/mac-key.ts'

const hex = (tag: string) => Buffer.from(tag, 'latin1').toString('hex')

test('RFC 4231 §4.2, §4.3, §4.4: the tags of the standard', () => {
  const CASES = [
    [
      Buffer.alloc(20, 0x0b),
      Buffer.from('Hi There'),
      'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
    ],
    [
      Buffer.from('Jefe'),
      'what do ya want for nothing?',
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    ],
    [
      Buffer.alloc(20, 0xaa),
      Buffer.alloc(50, 0xdd),
      '773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe',
    ],
  ] as const
  for (const [key, data, tag] of CASES) assert.equal(hex(new MacKey(key).tag(data)), tag)
})

test("any message has the tag that Node's own HMAC makes, whichever key and message came before", () => {
  const keys = fc.uint8Array({ minLength: 0, maxLength: 64 })
  const messages = fc.oneof(fc.uint8Array({ maxLength: 700 }).map(Buffer.from), fc.string({ unit: 'binary' }))
  fc.assert(
    fc.property(keys, fc.array(messages, { maxLength: 3 }), (key, data) => {
      const mac = new MacKey(key)
      for (const one of data)
        assert.equal(hex(mac.tag(one)), createHmac('sha256', key).update(one).digest('hex'))
    }),
  )
})
