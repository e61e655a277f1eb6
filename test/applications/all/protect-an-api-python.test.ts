import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { bearers } from '../support/bearers.ts'
import { pythonPackages } from '../support/program.ts'

test('Protect an API with Python: an access token passes, and nothing else does', async (t) => {
  const { at, tokens } = await bearers(t, 'Protect an API with Python')
  const python = join(pythonPackages('pyjwt'), 'python')
  const script = join(import.meta.dirname, '../python/pyjwt_app.py')
  const env = { ...process.env, RECIPE: at.recipe.block('py') }
  // The server is in this process: it must go on while the program asks it for its keys.
  const running = promisify(execFile)(python, [script], { env })
  running.child.stdin?.end(JSON.stringify(tokens))
  const { own, jwt, ...others } = JSON.parse((await running).stdout)
  assert.deepEqual([own, jwt], ['py-caller', 'u-1001'])
  assert.deepEqual(Object.keys(others), ['opaque', 'idToken', 'narrow', 'foreign'])
  for (const answer of Object.values(others)) assert.match(String(answer), /^refused: /)
  assert.equal(others.idToken, 'refused: this is no access token')
  assert.equal(others.narrow, 'refused: insufficient_scope')
})
