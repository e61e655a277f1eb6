import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { EVENTS } from '../../src/events/events.ts'

const text = readFileSync(join(import.meta.dirname, '../../docs/operations.md'), 'utf8')

test('docs/operations.md has every security event, with its level, and no other', () => {
  const rows = [...text.matchAll(/^\| `(\w+)` +\| (info|warn) +\|/gm)].map(([, event, level]) => [
    event,
    level,
  ])
  assert.deepEqual(Object.fromEntries(rows), EVENTS)
})
