import assert from 'node:assert/strict'
import { Writable } from 'node:stream'
import { test } from 'node:test'
import { createLogger, logSink } from '../../src/http/logger.ts'
import { reportsTo } from '../../src/http/reports.ts'
import { journalOf } from '../../src/journal/journal.ts'
import { Busy } from '../../src/passwords/password-queue.ts'
import { TemporarilyUnavailable } from '../../src/protocol/errors.ts'
import { OutcomeUnknown } from '../../src/store/redis-connection.ts'
import { StoreFull, StoreUnavailable } from '../../src/store/store.ts'

class Upstream extends TemporarilyUnavailable {
  readonly description = 'the other server does not answer'
  readonly report = { level: 'warn', msg: 'the upstream is down' } as const
  override readonly retry_after = 30
}

test('what is busy, full or down: 503 with Retry-After, its own line in the log and none of its words on the wire', () => {
  const lines: Record<string, unknown>[] = []
  const sink = new Writable({ write: (line, _, done) => done(void lines.push(JSON.parse(String(line)))) })
  const log = createLogger('trace', sink)
  const reports = reportsTo({ log, journal: journalOf([logSink(log)]) })
  const store = 'please try again in a moment'
  const logins = 'too many logins at once; please try again'
  const cases = [
    [new StoreUnavailable('inner'), store, 2, { level: 'error', msg: 'the store cannot answer' }],
    [new OutcomeUnknown('inner'), store, 2, { level: 'error', msg: 'the store cannot answer' }],
    [new StoreFull('inner'), store, 2, { level: 'error', msg: 'the store is full' }],
    [new StoreFull('inner', 'c'), store, 2, { level: 'error', msg: 'the store is full', client_id: 'c' }],
    [new Busy('inner'), logins, 2, { level: 'warn', msg: 'password checks are saturated' }],
    // A kind that this room has never heard of.
    [
      new Upstream('inner'),
      'the other server does not answer',
      30,
      { level: 'warn', msg: 'the upstream is down' },
    ],
  ] as const
  for (const [thrown, description, retryAfter, line] of cases) {
    const { error, status, message, ...sent } = reports.thrown({ id: 'r1' }, thrown)
    assert.deepEqual([error, status, message], ['temporarily_unavailable', 503, description])
    assert.equal(sent.retryAfter, retryAfter)
    const { time: _, level, ...logged } = lines.pop() ?? {}
    assert.deepEqual({ level, ...logged }, { req: 'r1', detail: 'inner', ...line })
  }
})
