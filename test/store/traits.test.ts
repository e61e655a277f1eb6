import assert from 'node:assert/strict'
import { test } from 'node:test'
import { STORES, storesThatAre } from '../../src/store/index.ts'

test('a store that processes share outlives each of them', () => {
  for (const [name, { shared, durable }] of Object.entries(STORES)) assert.ok(!shared || durable, name)
})

test('the operator is told the stores of a trait', () => {
  assert.match(storesThatAre('shared'), /^STORE=redis( or STORE=\w+)*$/)
})
