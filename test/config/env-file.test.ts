import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readEnvFile } from '../../src/config/env-file.ts'

const read = (text: string) => readEnvFile('.env', () => text)

test('every form of an assignment, with comments, blank lines and values of several lines', () => {
  const text = `# a comment
A=1
  export B = two words   # and a comment
C="several
lines: yes"

D='it''s' and more
E=
F=a"b
G=\`x
y\`\r
h.i-j=k`
  assert.deepEqual(Object.keys(read(text)), ['A', 'B', 'C', 'D', 'E', 'F', 'G', 'h.i-j'])
  assert.equal(read(text).C, 'several\nlines: yes')
  assert.deepEqual({ ...read('') }, {})
})

test('a mark that an editor puts in front hides no name', () => {
  assert.deepEqual({ ...read('\uFEFFPORT=1\nHOST=2') }, { PORT: '1', HOST: '2' })
})

test('a line that is no assignment is an error with its number and without its text', () => {
  const wrong: [string, number][] = [
    ['PORT: 8433', 1],
    ['A=1\n\n  hunter2\nB=2', 3],
    ['A="x\ny"\nhunter2', 3],
    ['=hunter2', 1],
    ['A=1\r\nhunter2\r\n', 2],
    ['A B=hunter2', 1],
  ]
  for (const [text, line] of wrong) {
    assert.throws(() => read(text), { message: `.env, line ${line}: is no assignment; write NAME=value` })
  }
})

test('UTF-16, as PowerShell writes it, is named as what it is', () => {
  assert.throws(() => read(Buffer.from('\uFEFFPORT=1\n', 'utf16le').toString()), {
    message: '.env is not UTF-8; save it so',
  })
})

test('no file is no variables; one that cannot be read is named', () => {
  assert.deepEqual(readEnvFile('/nowhere/.env'), {})
  assert.throws(() => readEnvFile('/'), { name: 'ConfigError', message: /^\/ is a folder; Docker/ })
})
