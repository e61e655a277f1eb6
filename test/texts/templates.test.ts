import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { en } from '../../src/texts/en.ts'

const views = join(import.meta.dirname, '../../views')
const src = join(import.meta.dirname, '../../src')
const templates = globSync('*.ejs', { cwd: views }).map((name) => ({
  name,
  text: readFileSync(join(views, name), 'utf8'),
}))
// What a template asks for by name, also in a choice of two.
const KEY = /\b(?:text|rich|say)\(\s*([^)]*)/g
const keysIn = (text: string) =>
  [...text.matchAll(KEY)].flatMap(([, call = '']) =>
    [...call.matchAll(/'([\w.]+)'/g)].map(([, key]) => key as string),
  )

test('no template has a text of its own: every word that a person reads is in the catalogue', () => {
  for (const { name, text } of templates) {
    // What EJS writes, then the attributes that are read aloud, then the tags; of what is left only signs may stay.
    const written = text.replaceAll(/<%[\s\S]*?%>/g, '')
    for (const [attribute] of written.matchAll(/\s(?:title|alt|aria-label|placeholder)="[^"]+"/g))
      assert.fail(`${name}: ${attribute}`)
    assert.doesNotMatch(written.replaceAll(/<[^>]*>/g, ''), /\p{L}/u, name)
  }
})

test('a template writes nothing unescaped but its parts and what rich() has escaped', () => {
  for (const { name, text } of templates)
    for (const [, code = ''] of text.matchAll(/<%-([\s\S]*?)%>/g))
      assert.match(code.trim(), /^(include|rich)\(/, name)
})

test('every text that is asked for is there, and every text that is there is asked for', () => {
  const code = globSync('**/*.ts', { cwd: src })
    .filter((file) => !file.startsWith('texts/'))
    .map((file) => readFileSync(join(src, file), 'utf8'))
  const all = [...templates.map(({ text }) => text), ...code]
  // By a name that is put together, or kept in a table.
  const computed = ['until_logout', 'after_logout', 'introduced_site', 'introduced_device'].map(
    (name) => `consent.${name}`,
  )
  // Claims by their names.
  const fields = Object.keys(en).filter((key) => key.startsWith('field.'))
  const asked = new Set([...all.flatMap(keysIn), ...computed, ...fields])
  for (const { name, text } of templates)
    for (const key of keysIn(text).filter((word) => word.includes('.')))
      assert.ok(key in en, `${name}: ${key}`)
  const quoted = all.join('\n')
  for (const key of Object.keys(en))
    assert.ok(asked.has(key) || quoted.includes(`'${key}'`), `nobody asks for ${key}`)
})
