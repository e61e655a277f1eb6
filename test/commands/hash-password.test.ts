import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import bcrypt from 'bcrypt'
import { hashPassword } from '../../src/commands/hash-password.ts'
import { isRare, matches } from '../../src/passwords/password-hash.ts'

/** What the command prints for somebody who types these lines at a terminal, one after each question. */
async function typed(lines: string[], algorithm?: 'bcrypt' | 'argon2id') {
  const input = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => input })
  const output = new PassThrough()
  const error = new PassThrough()
  error.on('data', (chunk) => {
    if (String(chunk).endsWith(': ')) input.write(`${lines.shift() ?? ''}\r`)
  })
  const streams = { input: input as unknown as NodeJS.ReadStream, output, error }
  const failed = await hashPassword(streams, algorithm).then(
    () => undefined,
    (reason: Error) => reason.message,
  )
  return { failed, out: String(output.read() ?? ''), left: lines.length }
}

test('at a terminal the password is typed twice; two that differ give no hash', async () => {
  const { failed, out } = await typed(['correct horse', 'correct horse'])
  assert.equal(failed, undefined)
  assert.equal(isRare(out.trim()), false)
  assert.ok(await matches('correct horse', out.trim()))
  for (const again of ['correct hors', 'Correct horse', '']) {
    const slip = await typed(['correct horse', again])
    assert.match(slip.failed ?? '', /^the two passwords differ, so there is no hash; start again$/)
    assert.equal(slip.out, '')
  }
})

test('what cannot be a password is not asked for again', async () => {
  const empty = await typed(['', ''])
  assert.match(empty.failed ?? '', /^the password is empty; type one$/)
  const long = await typed(['x'.repeat(1001), 'x'.repeat(1001)])
  assert.match(long.failed ?? '', /^the password has 1001 bytes; 1000 are the most$/)
  assert.deepEqual([empty.left, long.left], [1, 1])
})

test('for nodes that know bcrypt alone: a hash of it, and never of half a password', async () => {
  const { failed, out } = await typed(['correct horse', 'correct horse'], 'bcrypt')
  assert.equal(failed, undefined)
  assert.match(out, /^\$2b\$12\$/)
  assert.ok(await bcrypt.compare('correct horse', out.trim()))
  const long = await typed(['x'.repeat(73), 'x'.repeat(73)], 'bcrypt')
  assert.match(long.failed ?? '', /73 bytes; bcrypt takes 72 .*; without --bcrypt it is taken whole$/)
  assert.equal(long.left, 1)
})

test('without a terminal and without input: how to give it one, in a container and by a pipe', async () => {
  const input = new PassThrough()
  input.end()
  const streams = {
    input: input as unknown as NodeJS.ReadStream,
    output: new PassThrough(),
    error: new PassThrough(),
  }
  await assert.rejects(
    hashPassword(streams),
    /docker run --rm -it postern hash-password\. Or pipe it, there with -i/,
  )
})
