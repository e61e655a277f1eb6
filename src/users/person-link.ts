import { hash } from 'node:crypto'
import { makeHandle, openHandle } from '../secrets/handles.ts'
import type { Keys } from '../secrets/keys.ts'
import { random } from '../secrets/random.ts'
import { changePerson, type PeopleContext, PersonRefused, readPerson } from './person-changes.ts'
import type { PersonRecord } from './person-record.ts'

/** Seconds that a link is good for. */
export const LINK_TTL = 1200

const NONCE = 16

/** What opens the page "choose a password" for one person, once. */
export interface PersonLink {
  sub: string
  /** Of what only the link has: the person's record knows it. */
  digest: string
}

/**
 * Makes the link of a person; one that was made before opens nothing any more. Only the text has what it takes: whoever reads
 * the store cannot make it. Returns the text; undefined with `ifNone` if there is one that is good. Throws `PersonRefused` and `StoreUnavailable`.
 */
export async function makePersonLink(
  context: PeopleContext,
  keys: Keys,
  sub: string,
  { ifNone = false }: { ifNone?: boolean } = {},
): Promise<string | undefined> {
  const nonce = random(NONCE)
  const now = context.now()
  const link = { digest: digestOf(nonce), expires_at: now + LINK_TTL }
  const record = await changePerson(context, sub, (before) =>
    ifNone && before.link !== undefined && before.link.expires_at > now ? undefined : { ...before, link },
  )
  if (record.link?.digest !== link.digest) return undefined
  return makeHandle(keys, 'pl', Buffer.concat([nonce, Buffer.from(sub)]))
}

/** What a link says that is genuine; undefined for any other text. No I/O. */
export function openPersonLink(keys: Keys, text: string): PersonLink | undefined {
  const facts = openHandle(keys, 'pl', text)
  if (facts === undefined || facts.length <= NONCE) return undefined
  return { sub: facts.toString('utf8', NONCE), digest: digestOf(facts.subarray(0, NONCE)) }
}

/** The person whose link this is, while it is good; undefined if it was used, replaced or is too old. Throws `StoreUnavailable`. */
export async function personOfLink(
  { store, now }: PeopleContext,
  { sub, digest }: PersonLink,
): Promise<PersonRecord | undefined> {
  const record = await readPerson(store, sub)
  return record !== undefined && isGood(record, digest, now()) ? record : undefined
}

/**
 * Sets the password of the person whose link this is, and ends the link and their logins: one compare-and-swap, so of any who
 * use it at once one does. False if the link is good no more. Throws `StoreUnavailable`.
 */
export async function setPasswordByLink(
  context: PeopleContext,
  { sub, digest }: PersonLink,
  password_hash: string,
): Promise<boolean> {
  const now = context.now()
  let won = false
  try {
    await changePerson(context, sub, (record) => {
      won = isGood(record, digest, now)
      return won ? withPassword(record, password_hash) : undefined
    })
  } catch (error) {
    if (error instanceof PersonRefused) return false
    throw error
  }
  return won
}

/** The person with another password: the link is used, and logins with the one before are good no more. */
export function withPassword(record: PersonRecord, password_hash: string): PersonRecord {
  const { link: _, ...rest } = record
  return { ...rest, password_hash }
}

function isGood({ link, disabled, adopted }: PersonRecord, digest: string, now: number): boolean {
  return !disabled && !adopted && link !== undefined && link.digest === digest && link.expires_at > now
}

function digestOf(nonce: Buffer): string {
  return hash('sha256', nonce, 'base64url')
}
