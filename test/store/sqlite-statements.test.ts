import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { folderOfTests, openSqlite } from '../support/sqlite-store.ts'

const store = join(import.meta.dirname, '../../src/store')
const NOW = Math.floor(Date.now() / 1000)

// What may stand in a statement's text: numbers of ours, question marks, and which of two words a setting is.
const OWN = /^([A-Z]+|marks|steps\.length|sync === 'full' \? 'FULL' : 'NORMAL')$/

test('no text that comes from outside is ever a part of a statement', () => {
  const files = globSync('sqlite*.ts', { cwd: store })
  assert.ok(files.length > 5)
  let statements = 0
  for (const file of files) {
    const code = readFileSync(join(store, file), 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, '')
    // Nothing but these two takes a statement, and each takes it as it is written there.
    for (const [, given = ''] of code.matchAll(/\.(?:prepare|exec)\(\s*([\s\S]*?)\)(?:\.|,|\n|$)/g)) {
      statements++
      assert.match(given, /^(['"`]|step\b)/, `${file}: ${given}`)
      for (const [, part = ''] of given.matchAll(/\$\{([^}]*)\}/g))
        assert.match(part, OWN, `${file}: ${part}`)
      assert.doesNotMatch(given, /['"`]\s*\+/, `${file}: ${given}`)
    }
  }
  assert.ok(statements > 20, `${statements}`)
})

test('texts that would be statements are texts', async (t) => {
  const file = join(folderOfTests(), 'texts.db')
  const opened = await openSqlite(file)
  t.after(() => opened.close())
  const nasty = [
    "'); DROP TABLE record; --",
    '" OR 1=1 --',
    "\u0000'; DELETE FROM link",
    '%_*?',
    '\ud800',
    'é\u202e',
  ]
  for (const [at, text] of nasty.entries()) {
    const record = { revision: text, expires_at: NOW + 100, text, [text]: at }
    assert.equal(await opened.create('grant', text, record, NOW), 'won', text)
    await opened.link(text, text, NOW + 100)
    await opened.increment(text, NOW + 100, NOW)
  }
  for (const [at, text] of nasty.entries()) {
    // Half of a pair of surrogates is no text that UTF-8 has: it comes back as another one, and only that.
    if (text === '\ud800') continue
    assert.equal((await opened.read<{ revision: string; text: string }>('grant', text, NOW))?.text, text)
    assert.deepEqual(await opened.list(text, NOW), { members: [text] })
    assert.equal((await opened.counters([text], NOW))[0]?.count, 1, `${at}`)
  }
})
