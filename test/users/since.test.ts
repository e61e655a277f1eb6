import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readEntries } from '../../src/config/file.ts'
import { PasswordQueue } from '../../src/passwords/password-queue.ts'
import { readMoment } from '../../src/protocol/moment.ts'
import { fileUsers } from '../../src/users/file-users.ts'

const HASH = '$2b$12$sJc2FhcVSVQuoISurrUGn.Ab5Cy7T4rmfWvNqL.XGOe8y5sn6QzEa'

test('RFC 3339 §5.6: a date is its first moment in UTC; a date-time has its offset', () => {
  const midnight = Date.UTC(2026, 4, 31) / 1000
  for (const [text, seconds] of [
    ['2026-05-31', midnight],
    ['2026-05-31T00:00:00Z', midnight],
    ['2026-05-31t02:00:00.75+02:00', midnight],
    ['2026-05-30 19:30:00-04:30', midnight],
    ['2024-02-29', Date.UTC(2024, 1, 29) / 1000],
  ] as const)
    assert.equal(readMoment(text), seconds, text)
})

test('anything else is no moment: a day that is not there, a time without its offset, other spellings', () => {
  for (const text of [
    '2026-02-29',
    '2026-02-31',
    '2026-13-01',
    '2026-05-31T08:00:00',
    '2026-05-31T08:00Z',
    '2026-05-31T25:00:00Z',
    '2026-05-31T08:00:00+25:00',
    '31.05.2026',
    '2026-5-31',
    '1780185600',
    'yesterday',
    '',
    ' 2026-05-31',
  ])
    assert.equal(readMoment(text), undefined, text)
})

function read(since: string, now?: number): number | undefined {
  const text = `clients: [{client_id: a}]\nusers:\n  - username: ada\n    password_hash: ${HASH}\n    since: ${since}\n`
  const { users } = readEntries(text, 'c.yaml', {})
  const rules = { queue: new PasswordQueue({ concurrency: 1, limit: 1 }), demo: false }
  const found = fileUsers(users, { ...rules, ...(now !== undefined && { now }) }).find('ada')
  assert.ok(found && !('since' in found.claims))
  return found.since
}

test('in YAML it needs no quotes, and the claims do not have it', async () => {
  for (const since of ['2026-05-31', '"2026-05-31"', '2026-05-31T00:00:00Z'])
    assert.equal(read(since), Date.UTC(2026, 4, 31) / 1000, since)
})

test('what is no moment, or still to come, stops the start, with the path and the name', () => {
  assert.throws(() => read('2026-02-31'), /\/users\/0\/since \(user ada\): must be a date \(2026-05-31\)/)
  assert.throws(() => read('2026'), /\/users\/0\/since must be text, not a number/)
  const now = Date.UTC(2026, 4, 30) / 1000
  assert.throws(
    () => read('2026-05-31', now),
    /since \(user ada\): is in the future \(2026-05-31T00:00:00\.000Z\)/,
  )
})
