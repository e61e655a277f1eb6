import type { Kind } from './store.ts'

/** What a copy has: how many records of each kind. */
export interface Summary {
  kinds: readonly { kind: string; count: number }[]
}

/** What came of putting a copy back. */
export interface Restored extends Summary {
  /** How many sessions and grants ended with it. */
  ended: number
  /** Where the file of before is; undefined if there was none. */
  aside: string | undefined
}

/** Refuses, with one sentence for the operator. */
export type CopyProblem = (problem: string) => never

/** Copies of what a store keeps, if it keeps it in a file of its own. */
export interface StoreCopies {
  /** Where it is kept; the first start makes the file. */
  file: string
  /** Copies it into the file `target`, which must not exist, while it is used; returns what the copy has. */
  backup(target: string): Summary
  /** Opens a copy and returns what it has. */
  inspect(source: string): Summary
  /** Every record that is kept, by kind and id. */
  records(): Iterable<{ kind: Kind; id: string }>
  /** The variables that have the store keep its file at `file` instead. */
  variablesFor(file: string): Readonly<Record<string, string>>
  /** Puts a copy in place; no process may use the store meanwhile. Sessions and grants end unless they are to be kept. */
  restore(source: string, options: { keepSessions: boolean }): Restored
}
