import type { IndexPage } from './store.ts'

// Dead members looked at on each link: more than one, so that an index shrinks faster than it grows.
const TRIM = 4

/** The memory store's indexes: members with their end, trimmed a few at a time as they are written. */
export class MemoryIndexes {
  readonly #indexes = new Map<string, Map<string, number>>()

  /** Returns the number of members. */
  link(index: string, member: string, expires_at: number, now: number): number {
    const members = this.#indexes.get(index) ?? new Map<string, number>()
    this.#indexes.set(index, members)
    this.#trim(members, now)
    members.set(member, Math.max(expires_at, members.get(member) ?? 0))
    return members.size
  }

  unlink(index: string, member: string): void {
    const members = this.#indexes.get(index)
    members?.delete(member)
    if (members?.size === 0) this.#indexes.delete(index)
  }

  /** One page: the index is in this process, and a cursor into it would have to survive its changes. */
  list(index: string, now: number): IndexPage {
    const members = this.#indexes.get(index)
    // All of them are looked at anyway, so the dead go now, and the next link counts the living alone.
    for (const [member, end] of members ?? []) if (end <= now) this.unlink(index, member)
    return { members: [...(members?.keys() ?? [])] }
  }

  get size(): number {
    let size = 0
    for (const members of this.#indexes.values()) size += members.size
    return size
  }

  #trim(members: Map<string, number>, now: number): void {
    let looked = 0
    for (const [member, end] of members) {
      if (looked++ === TRIM) return
      members.delete(member)
      // A living one goes to the back of the insertion order, so that the next look finds others.
      if (end > now) members.set(member, end)
    }
  }
}
