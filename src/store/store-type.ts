import type { Report, Store } from './store.ts'
import type { CopyProblem, StoreCopies } from './store-copies.ts'

/** A store that `STORE` may name: its traits, and how it is opened. Everybody asks for a trait, nobody for a name. */
export interface StoreType<Variables = unknown> {
  /** For the documents: what is said of the store after its name. */
  summary: string
  /** What it holds outlives this process. */
  durable: boolean
  /** Several processes may use it at once. A shared store lives outside of each of them, so it is durable too. */
  shared: boolean
  /** Whether its own variables choose it for a configuration that does not set `STORE`. */
  chosenBy?(variables: Variables): boolean
  /**
   * Without a configuration it is the store of a real server that has nobody yet, not of the demo, whose public password would
   * live on in it.
   */
  beginsEmpty?: boolean
  /**
   * A file beside what it keeps, where `SECRET_KEYS` may be kept if they are not set: whoever keeps the one keeps the other.
   */
  keysFile?(variables: Variables): string
  /** Copies of what it keeps, if it keeps that in a file of its own. */
  copies?(variables: Variables, fail: CopyProblem): StoreCopies
  /** Checks its variables, of all that there are, and returns the function that opens it. */
  configure(variables: Variables, reader: SettingsReader): OpenStore
}

/**
 * Opens a store. It connects in the background: a store that is down is no error. Its client library is loaded here, so
 * that nobody waits for the library of a store that is not used.
 */
export type OpenStore = (report: Report) => Promise<Store>

/** What a store may ask of whoever reads the configuration. */
export interface SettingsReader {
  /** The text of the file that the variable `name` names. Throws if it cannot be read. */
  read(name: string, path: string): string
  /** Throws, with one sentence for the operator. */
  fail(problem: string): never
}
