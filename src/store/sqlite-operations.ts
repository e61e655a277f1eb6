import type { DatabaseSync } from 'node:sqlite'
import { added, counterOf, type Tally, takenBack } from './tally.ts'

/** What the writer can be asked for: each operation with its parameters, as it comes from the thread of the server. */
export interface Operations {
  /** 1 if the record was written, 0 if one lives under this key. `now` in seconds. */
  create(kind: string, id: string, record: Row, now: number): 0 | 1
  /** 1 if the record was written, 0 if the living one has another revision. */
  replace(kind: string, id: string, revision: string, record: Row, now: number): 0 | 1
  delete(kind: string, id: string): 1
  /** Returns the tally before the increment. */
  increment(id: string, expires_at: number, now: number): Tally
  decrement(id: string, expires_at: number): 0
  /** Returns the number of the index's members. */
  link(list: string, member: string, expires_at: number): number
  unlink(list: string, member: string): 0
  /** Takes the dead members out of an index. */
  trim(list: string, now: number): 0
  /** Does nothing: that it is answered says that the writer writes. */
  ping(): 0
  /** The same with a write: after one that was refused only this tells whether the next one would be. */
  probe(): 0
}

/** A record as it stands in its row, and goes to the thread that writes: the names would cost as much as the rest. */
export type Row = readonly [revision: string, expires_at: number | null, value: string]

/** What a transaction is made of: the operations, and what stands around each and after all of them. */
export interface Statements extends Operations {
  /** Sets the savepoint that one operation goes back to. */
  mark(): void
  release(): void
  /** Drops some of what has ended: at least as much as `made` operations can have made. `now` in seconds. */
  sweep(now: number, made: number): void
}

// Records, and links, that are dropped beside those that a batch can have made: what is over must become less.
const SWEPT = 20

/** The operations on an open file, by statements that are prepared once. They belong into a transaction of the caller's. */
export function operationsOn(database: DatabaseSync): Statements {
  const find = database.prepare('SELECT revision, expires_at, value FROM record WHERE kind = ? AND id = ?')
  const put = database.prepare(
    `INSERT INTO record (kind, id, revision, expires_at, value) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (kind, id) DO UPDATE
     SET revision = excluded.revision, expires_at = excluded.expires_at, value = excluded.value`,
  )
  const drop = database.prepare('DELETE FROM record WHERE kind = ? AND id = ?')
  const swap = database.prepare(
    `UPDATE record SET revision = ?, expires_at = ?, value = ?
     WHERE kind = ? AND id = ? AND revision = ? AND (expires_at IS NULL OR expires_at > ?)`,
  )
  const join = database.prepare(
    `INSERT INTO link (list, member, expires_at) VALUES (?, ?, ?)
     ON CONFLICT (list, member) DO UPDATE SET expires_at = max(expires_at, excluded.expires_at)`,
  )
  const count = database.prepare('SELECT count(*) AS members FROM link WHERE list = ?')
  const leave = database.prepare('DELETE FROM link WHERE list = ? AND member = ?')
  const bury = database.prepare('DELETE FROM link WHERE list = ? AND expires_at <= ?')
  const sweepRecords = database.prepare(
    `DELETE FROM record WHERE (kind, id) IN
       (SELECT kind, id FROM record WHERE expires_at IS NOT NULL AND expires_at <= ? ORDER BY expires_at LIMIT ?)`,
  )
  const sweepLinks = database.prepare(
    `DELETE FROM link WHERE (list, member) IN
       (SELECT list, member FROM link WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)`,
  )
  const mark = database.prepare('SAVEPOINT one')
  const release = database.prepare('RELEASE one')
  find.setReturnArrays(true)
  // The second for which nothing is left to sweep.
  let swept = 0
  const found = (kind: string, id: string) => find.get(kind, id) as unknown as Row | undefined
  const tally = (id: string): Tally => JSON.parse(found('counter', id)?.[2] ?? '[]')
  const keep = (id: string, next: Tally) =>
    put.run('counter', id, '', next.at(-1)?.[0] ?? 0, JSON.stringify(next))
  return {
    create(kind, id, [revision, expires_at, value], now) {
      const there = found(kind, id)
      if (there !== undefined && (there[1] === null || there[1] > now)) return 0
      put.run(kind, id, revision, expires_at, value)
      return 1
    },
    replace(kind, id, revision, [next, expires_at, value], now) {
      return swap.run(next, expires_at, value, kind, id, revision, now).changes === 1 ? 1 : 0
    },
    delete(kind, id) {
      drop.run(kind, id)
      return 1
    },
    increment(id, expires_at, now) {
      const before = tally(id)
      const living = counterOf(before, now) === undefined ? [] : before
      keep(id, added(living, expires_at))
      return living
    },
    decrement(id, expires_at) {
      const before = tally(id)
      const next = takenBack(before, expires_at)
      if (next.length === 0) drop.run('counter', id)
      else if (next !== before) keep(id, next)
      return 0
    },
    link(list, member, expires_at) {
      join.run(list, member, expires_at)
      return Number(count.get(list)?.members)
    },
    unlink(list, member) {
      leave.run(list, member)
      return 0
    },
    trim(list, now) {
      bury.run(list, now)
      return 0
    },
    ping: () => 0,
    probe() {
      put.run('probe', '', '', null, '')
      drop.run('probe', '')
      return 0
    },
    mark: () => void mark.run(),
    release: () => void release.run(),
    sweep(now, made) {
      if (now === swept) return
      const most = SWEPT + made
      const records = sweepRecords.run(now, most).changes
      const links = sweepLinks.run(now, most).changes
      if (records < most && links < most) swept = now
    },
  }
}
