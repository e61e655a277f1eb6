import assert from 'node:assert/strict'
import { test } from 'node:test'
import { journalOf } from '../../src/journal/journal.ts'

test('every event of a request reaches every sink, in order, with the id of the request', () => {
  const taken: string[] = []
  const sink =
    (name: string) =>
    (event: { event: string }, { id }: { id: string }) =>
      taken.push(`${name} ${id} ${event.event}`)
  const journal = journalOf([sink('log'), sink('count')])
  journal.record({ id: 'r1' }, [{ event: 'logout', sub: 'a' }, { event: 'grant_revoked' }])
  journal.record({ id: 'r2' }, [])
  assert.deepEqual(taken, [
    'log r1 logout',
    'count r1 logout',
    'log r1 grant_revoked',
    'count r1 grant_revoked',
  ])
})
