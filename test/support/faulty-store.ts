import { MemoryStore } from '../../src/store/memory.ts'
import { type Kind, type StoredRecord, StoreUnavailable, type WriteOutcome } from '../../src/store/store.ts'

/** How the next operation ends: `before`, the store is down; `after`, the write happens and its answer is lost. */
export type Fault = 'before' | 'after' | 'none'

/** What is about to happen, for the test that decides its fault. */
export interface Operation {
  verb: 'create' | 'read' | 'replace' | 'delete'
  kind: Kind
}

/**
 * A memory store whose operations fail as a test says, and yield to other callers first, so that every
 * interleaving of one process can be forced. `unknown` comes both ways: with the write done and not done.
 */
export class FaultyMemoryStore extends MemoryStore {
  /** Decides each operation's fault. May return a promise, which holds the operation back. */
  fault: (operation: Operation) => Fault | Promise<Fault> = () => 'none'
  /** A write that is `before`: `unknown` (it may have been sent) rather than a certain failure. */
  vague = true

  override async create(kind: Kind, id: string, record: StoredRecord, now: number): Promise<WriteOutcome> {
    return this.#write({ verb: 'create', kind }, () => super.create(kind, id, record, now))
  }

  override async read<R extends StoredRecord>(kind: Kind, id: string, now: number): Promise<R | undefined> {
    if ((await this.fault({ verb: 'read', kind })) !== 'none') throw new StoreUnavailable('injected')
    return super.read<R>(kind, id, now)
  }

  override async replace(
    kind: Kind,
    id: string,
    revision: string,
    record: StoredRecord,
    now: number,
  ): Promise<WriteOutcome> {
    return this.#write({ verb: 'replace', kind }, () => super.replace(kind, id, revision, record, now))
  }

  override async delete(kind: Kind, id: string): Promise<WriteOutcome> {
    return this.#write({ verb: 'delete', kind }, () => super.delete(kind, id))
  }

  async #write(operation: Operation, write: () => Promise<WriteOutcome>): Promise<WriteOutcome> {
    const fault = await this.fault(operation)
    if (fault === 'before') {
      if (this.vague) return 'unknown'
      throw new StoreUnavailable('injected')
    }
    const outcome = await write()
    return fault === 'after' ? 'unknown' : outcome
  }
}
