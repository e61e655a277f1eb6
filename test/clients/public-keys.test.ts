import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { exportJWK, generateKeyPair, importJWK, type JWK } from 'jose'
import { readPublicKey } from '../../src/clients/public-keys.ts'
import { ASSERTION_ALGORITHMS } from '../../src/protocol/algorithms.ts'

async function pair(alg: string) {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  return { secret: await exportJWK(privateKey), open: await exportJWK(publicKey) }
}

const problemOf = (jwk: unknown) => {
  const read = readPublicKey(jwk)
  return 'problem' in read ? read.problem : JSON.stringify(read)
}

test('a key of every algorithm is taken, with the members that it needs and no other', async () => {
  for (const alg of ASSERTION_ALGORITHMS) {
    const { open } = await pair(alg)
    const read = readPublicKey({
      ...open,
      kid: 'one',
      alg,
      use: 'sig',
      key_ops: ['verify'],
      x5c: ['a'],
      ext: true,
    })
    assert.ok('key' in read, alg)
    const { kid, alg: kept, ...rest } = read.key
    assert.deepEqual(rest, open)
    assert.equal(kid, 'one')
    // Both names of Ed25519 are good for the same key.
    assert.equal(kept, open.kty === 'OKP' ? undefined : alg)
  }
})

test('a private key, and a secret, is refused in words that repeat nothing of it', async () => {
  for (const alg of ASSERTION_ALGORITHMS) {
    const { secret, open } = await pair(alg)
    assert.match(problemOf(secret), /^is a private key or a secret: only the public part may be here/)
    for (const name of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'])
      assert.match(problemOf({ ...open, [name]: 'x' }), /^is a private key/, name)
    assert.ok(!problemOf(secret).includes(String(secret.d)))
  }
  assert.match(problemOf({ kty: 'oct', k: 'c2VjcmV0' }), /^is a private key or a secret/)
})

test('RSA has 2048 bits or more, and neither a modulus nor an exponent that is dear to use', () => {
  const rsa = (modulusLength: number, publicExponent = 65537) =>
    generateKeyPairSync('rsa', { modulusLength, publicExponent }).publicKey.export({ format: 'jwk' })
  assert.match(problemOf(rsa(1024)), /^has 1024 bits; an RSA key needs 2048 to 8192$/)
  assert.match(problemOf(rsa(2047)), /^has 2047 bits/)
  const good = rsa(2048)
  assert.ok('key' in readPublicKey(good))
  const huge = Buffer.alloc(2048, 0xff).toString('base64url')
  assert.match(problemOf({ ...good, n: huge }), /^has 16384 bits/)
  assert.match(problemOf({ ...good, e: Buffer.alloc(200, 0xff).toString('base64url') }), /^has an exponent/)
})

test('keys that are for something else are left out; what nobody here can use says why it is refused', async () => {
  const { open } = await pair('ES256')
  for (const other of [
    { use: 'enc' },
    { key_ops: ['encrypt'] },
    { key_ops: [] },
    { key_ops: 'verify' },
    { use: 1 },
  ])
    assert.deepEqual(readPublicKey({ ...open, ...other }), { otherUse: true })
  for (const [jwk, problem] of [
    ['text', /JSON Web Key/],
    [null, /JSON Web Key/],
    [[], /none of RSA/],
    [{}, /none of RSA/],
    [{ kty: 'EC', crv: 'P-521' }, /none of RSA/],
    [{ kty: 'EC', crv: 'secp256k1' }, /none of RSA/],
    [{ kty: 'OKP', crv: 'Ed448' }, /none of RSA/],
    [{ kty: 'oct' }, /none of RSA/],
    [{ kty: 'EC', crv: 'P-256' }, /numbers that make no key/],
    [{ ...open, x: open.y }, /numbers that make no key/],
    [{ kty: 'RSA', n: 'x', e: 'AQAB' }, /bits|numbers/],
    [{ ...open, alg: 'RS256' }, /another alg than ES256/],
    [{ ...open, alg: 'HS256' }, /another alg than ES256/],
    [{ ...open, kid: 7 }, /kid that is not text/],
  ] as const)
    assert.match(problemOf(jwk), problem, JSON.stringify(jwk))
})

test('whatever is taken as a key can be imported by what verifies with it', async () => {
  const { open } = await pair('RS256')
  const flipped = (text = '') => Array.from({ length: 60 }, (_, at) => replaced(text, (at * 7) % text.length))
  const mutants = flipped(open.n).map((n): JWK => ({ ...open, n }))
  mutants.push(...['AQ', 'Ag', 'Aw', 'AAEAAQ', 'AA', '', '_____w'].map((e) => ({ ...open, e })))
  let taken = 0
  for (const jwk of mutants) {
    const read = readPublicKey(jwk)
    if (!('key' in read)) continue
    taken++
    for (const alg of ['RS256', 'PS256']) assert.ok(await importJWK(read.key, alg), JSON.stringify(jwk))
  }
  assert.ok(taken > 0)
})

function replaced(text: string, at: number): string {
  return `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`
}
