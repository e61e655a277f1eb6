import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { migrated } from './migrations.ts'
import type { Row } from './sqlite-operations.ts'
import { openForReading, type Sync } from './sqlite-schema.ts'
import { OutcomeUnknown, SqliteThread } from './sqlite-thread.ts'
import {
  type Counter,
  type Health,
  type IndexPage,
  type Kind,
  type Report,
  type Store,
  type StoredRecord,
  StoreUnavailable,
  type WriteOutcome,
} from './store.ts'
import { counterOf, type Tally } from './tally.ts'

const PAGE = 200

/**
 * The store in one file. A thread of its own writes, and commits together what has come meanwhile; this thread reads what
 * is committed, on a connection of its own, and leaves no statement open. Several processes of one machine may share the
 * file. Records and links end by an index, a few with each batch: nothing needs a janitor.
 */
export class SqliteStore implements Store {
  readonly name = 'sqlite'
  readonly #thread: SqliteThread
  readonly #database: DatabaseSync
  readonly #find: StatementSync
  readonly #page: StatementSync
  readonly #dead: StatementSync

  private constructor(thread: SqliteThread, database: DatabaseSync) {
    this.#thread = thread
    this.#database = database
    this.#find = database.prepare('SELECT revision, expires_at, value FROM record WHERE kind = ? AND id = ?')
    this.#find.setReturnArrays(true)
    this.#page = database.prepare(
      `SELECT member FROM link WHERE list = ? AND member > ? AND expires_at > ? ORDER BY member LIMIT ${PAGE}`,
    )
    this.#dead = database.prepare('SELECT 1 FROM link WHERE list = ? AND expires_at <= ? LIMIT 1')
  }

  /** Opens the file, and makes it if there is none. Throws `CannotOpen`. */
  static async open(settings: { file: string; sync: Sync }, report: Report): Promise<SqliteStore> {
    const thread = await SqliteThread.start(settings, report)
    return new SqliteStore(thread, openForReading(settings.file))
  }

  async create(kind: Kind, id: string, record: StoredRecord, now: number): Promise<WriteOutcome> {
    return this.#write(this.#thread.ask('create', kind, id, rowOf(record), now))
  }

  async read<R extends StoredRecord>(kind: Kind, id: string, now: number): Promise<R | undefined> {
    const row = this.#row(kind, id)
    if (row === undefined) return undefined
    const [revision, expires_at, value] = row
    if (expires_at !== null && expires_at <= now) return undefined
    const record = JSON.parse(value)
    record.revision = revision
    if (expires_at !== null) record.expires_at = expires_at
    return migrated(kind, record) as R
  }

  async replace(
    kind: Kind,
    id: string,
    revision: string,
    record: StoredRecord,
    now: number,
  ): Promise<WriteOutcome> {
    return this.#write(this.#thread.ask('replace', kind, id, revision, rowOf(record), now))
  }

  async delete(kind: Kind, id: string): Promise<WriteOutcome> {
    return this.#write(this.#thread.ask('delete', kind, id))
  }

  async increment(id: string, expires_at: number, now: number): Promise<Counter | undefined> {
    return counterOf(await this.#thread.ask('increment', id, expires_at, now), now)
  }

  async decrement(id: string, expires_at: number): Promise<void> {
    await this.#thread.ask('decrement', id, expires_at)
  }

  async counters(ids: readonly string[], now: number): Promise<readonly (Counter | undefined)[]> {
    return ids.map((id) => counterOf(JSON.parse(this.#row('counter', id)?.[2] ?? '[]') as Tally, now))
  }

  async link(index: string, member: string, expires_at: number): Promise<number> {
    try {
      return await this.#thread.ask('link', index, member, expires_at)
    } catch (error) {
      if (!(error instanceof OutcomeUnknown)) throw error
      // Linking twice does no harm, and it must not fail beside a write that turns out to have been done.
      await this.reachable()
      return this.#thread.ask('link', index, member, expires_at)
    }
  }

  async unlink(index: string, member: string): Promise<void> {
    await this.#thread.ask('unlink', index, member)
  }

  async list(index: string, now: number, cursor = ''): Promise<IndexPage> {
    const [rows, dead] = this.#reading(() => [
      this.#page.all(index, cursor, now) as { member: string }[],
      cursor === '' && this.#dead.get(index, now) !== undefined,
    ])
    // Before any link that is asked for after this: whoever counts then counts the living.
    if (dead) this.#thread.ask('trim', index, now).catch(() => {})
    const members = rows.map(({ member }) => member)
    return members.length < PAGE ? { members } : { members, cursor: members.at(-1) as string }
  }

  async ping(): Promise<Health> {
    await this.#thread.ask('ping')
    return { clock_skew: 0 }
  }

  /** The machine's: the processes of one file are on one. */
  clock(): number {
    return Math.floor(Date.now() / 1000)
  }

  reachable(): Promise<void> {
    return this.#thread.reachable()
  }

  async close(): Promise<void> {
    // Before the one that writes: the last connection takes what is in the log file into the file.
    if (this.#database.isOpen) this.#database.close()
    await this.#thread.close()
  }

  /** For tests: the thread that writes ends as a crash would end it. */
  killWriter(): Promise<void> {
    return this.#thread.kill()
  }

  #row(kind: Kind, id: string): Row | undefined {
    return this.#reading(() => this.#find.get(kind, id) as unknown as Row | undefined)
  }

  #reading<T>(read: () => T): T {
    try {
      return read()
    } catch (error) {
      throw new StoreUnavailable(`the file cannot be read: ${(error as Error).message}`)
    }
  }

  async #write(written: Promise<0 | 1>): Promise<WriteOutcome> {
    try {
      return (await written) === 1 ? 'won' : 'lost'
    } catch (error) {
      if (error instanceof OutcomeUnknown) return 'unknown'
      throw error
    }
  }
}

function rowOf({ revision, expires_at, ...rest }: StoredRecord): Row {
  return [revision, expires_at ?? null, JSON.stringify(rest)]
}
