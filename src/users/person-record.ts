import { hash } from 'node:crypto'
import type { UserEntry } from '../config/schema.ts'
import type { StoredRecord } from '../store/store.ts'
import { fold } from './names.ts'

/** What is said of a person, in the words of the configuration file: all but what proves and judges them. */
export type PersonEntry = Omit<UserEntry, 'password' | 'password_hash' | 'sub' | 'disabled' | 'since'>

/** A person who was made while the server ran. Durable. */
export interface PersonRecord extends StoredRecord {
  readonly schema: 1
  readonly sub: string
  readonly entry: PersonEntry
  /** What the person claims of the names, folded: only while a name's own record says so too is it theirs. */
  readonly names: readonly string[]
  /** Absent until a password was chosen. */
  readonly password_hash?: string
  readonly disabled: boolean
  /** Seconds: from then on it is as if they were disabled. */
  readonly until?: number
  /** Seconds: what this `sub` was given before was somebody else's. */
  readonly since: number
  /** Seconds: sessions and grants of logins before are over. */
  readonly ended_before?: number
  /** The link that may set the password. A further one takes its place. */
  readonly link?: { readonly digest: string; readonly expires_at: number }
  /** The configuration file has this person now, under the same `sub`: what is here rests. */
  readonly adopted?: boolean
}

/** What is left of a person who was deleted: nobody else may ever have the `sub`. */
export interface FormerPerson extends StoredRecord {
  readonly schema: 1
  readonly sub: string
  readonly names: readonly never[]
  readonly deleted_at: number
  /** The configuration file had them by then: there the `sub` goes on. */
  readonly adopted?: boolean
}

/** Who has a user name or a verified address. Nobody's if `sub` is empty. */
export interface NameRecord extends StoredRecord {
  readonly schema: 1
  readonly sub: string
}

/** The record's key: of all spellings of a `sub`, one. */
export function personId(sub: string): string {
  return hash('sha256', fold(sub), 'base64url')
}

/** The key of a name that has been folded. */
export function nameId(folded: string): string {
  return hash('sha256', folded, 'base64url')
}

/** The names that these words claim, folded: the user name, and the address if it is verified. */
export function namesOf({ username, email, email_verified }: PersonEntry): readonly string[] {
  const address = email !== undefined && email_verified === true ? [fold(email)] : []
  return [...new Set([fold(username), ...address])]
}

/** Whether this is a person, and not what is left of one. */
export function isPerson(record: PersonRecord | FormerPerson | undefined): record is PersonRecord {
  return record !== undefined && !('deleted_at' in record)
}
