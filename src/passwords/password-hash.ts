import { ARGON2ID_COST, argon2idDecoy, hashArgon2id, readArgon2id, verifyArgon2id } from './argon2id.ts'

/** bcrypt reads 72 bytes and ignores the rest: a longer password must be refused, never cut. */
export const MAX_BCRYPT_BYTES = 72

/** As long as anybody types, and no work for whoever sends megabytes. */
export const MAX_ARGON2ID_BYTES = 1000

const BCRYPT = /^\$2[aby]\$(0[4-9]|1[0-7])\$[./A-Za-z0-9]{53}$/

/** Whether this is a hash that can be verified here, at a bounded cost. */
export function isPasswordHash(text: string): boolean {
  return BCRYPT.test(text) || readArgon2id(text) !== undefined
}

/**
 * Which algorithm a hash is of, and what it costs, as one word (`bcrypt-10`, `argon2id-19456-2-1`): hashes of one kind take the
 * same work. `isPasswordHash` holds.
 */
export function kindOfHash(passwordHash: string): string {
  const argon2id = readArgon2id(passwordHash)
  if (argon2id === undefined) return bcryptKind(Number(passwordHash.slice(4, 6)))
  const { memory, passes, parallelism } = argon2id
  return `argon2id-${memory}-${passes}-${parallelism}`
}

/** The kind of bcrypt's hashes of this cost. */
export function bcryptKind(cost: number): string {
  return `bcrypt-${cost}`
}

/** Whether a hash is of another kind than those that are made here: perhaps it was the last one, and every login does its work. */
export function isRare(passwordHash: string | undefined): boolean {
  return passwordHash !== undefined && kindOfHash(passwordHash) !== kindOfHash(argon2idDecoy(ARGON2ID_COST))
}

/** A well-formed hash of this kind that no password has, to compare with if there is nothing else to. */
export function decoyOf(kind: string): string {
  const [name, cost, passes, parallelism] = kind.split('-')
  if (name === 'bcrypt') return `$2b$${String(cost).padStart(2, '0')}$${'.'.repeat(53)}`
  return argon2idDecoy({ memory: Number(cost), passes: Number(passes), parallelism: Number(parallelism) })
}

/** Whether a password has a hash. Always does the hash's work, also for one that cannot have it. */
export async function matches(password: string, passwordHash: string): Promise<boolean> {
  if (readArgon2id(passwordHash) !== undefined) {
    const usable = isArgon2idPassword(password)
    return (await verifyArgon2id(usable ? password : 'x', passwordHash)) && usable
  }
  const { default: bcrypt } = await import('bcrypt')
  const usable = isBcryptPassword(password)
  // Other programs' name for the same hash, which the library does not know.
  const known = passwordHash.replace(/^\$2y/, '$2b')
  return (await bcrypt.compare(usable ? password : 'x', known)) && usable
}

/** A new hash of bcrypt, of a password that it takes whole. */
export async function hashBcrypt(password: string, cost: number): Promise<string> {
  const { default: bcrypt } = await import('bcrypt')
  return bcrypt.hash(password, cost)
}

/** A new hash for a password that somebody has chosen, in its composed form (SP 800-63B-4 §3.1.1.2). */
export function hashChosen(password: string): Promise<string> {
  return hashArgon2id(password.normalize('NFC'))
}

/** Whether bcrypt takes the whole of `password`: 1 to 72 bytes of UTF-8, no NUL (which would end it). */
export function isBcryptPassword(password: string): boolean {
  return isUsable(password, MAX_BCRYPT_BYTES) && !password.includes('\0')
}

/** Whether a password may have a hash of Argon2id: 1 to 1,000 bytes of UTF-8. */
export function isArgon2idPassword(password: string): boolean {
  return isUsable(password, MAX_ARGON2ID_BYTES)
}

function isUsable(password: string, most: number): boolean {
  const bytes = Buffer.byteLength(password)
  return bytes > 0 && bytes <= most
}
