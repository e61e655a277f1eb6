import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

const root = join(import.meta.dirname, '../..')
const list = readFileSync(join(root, 'docs/conformance.md'), 'utf8')
const titles = globSync('test/**/*.test.ts', { cwd: root }).flatMap((file) => {
  const found = readFileSync(join(root, file), 'utf8').matchAll(/\btest\(\s*(['"`])([\s\S]*?)\1,/g)
  return [...found].map(([, , title]) => title as string)
})

test('every module that docs/conformance.md calls tested or refused is the name of a test', () => {
  const rows = [...list.matchAll(/^\| `(oidcc-[^`]+)`[^|]*\| (\w+)/gm)]
  assert.ok(rows.length > 50, 'the table was read')
  assert.ok(titles.length > 300, 'the titles were read')
  for (const [, module = '', state] of rows) {
    assert.ok(['tested', 'refused', 'not'].includes(state as string), `${module}: ${state}`)
    if (state === 'not') continue
    const named = new RegExp(`${module}(?![\\w-])`)
    const prefix = module.endsWith('=')
    assert.ok(
      titles.some((title) => (prefix ? title.includes(module) : named.test(title))),
      `no test is named ${module}`,
    )
  }
})

test('and every module that a test names is in the list', () => {
  const named = new Set(titles.flatMap((title) => title.match(/oidcc-[\w-]+/g) ?? []))
  for (const module of named) assert.ok(list.includes(`\`${module}`), module)
})
