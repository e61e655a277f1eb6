import {
  ARGON2ID_COST,
  type Argon2idCost,
  argon2idCostOf,
  argon2idDecoy,
  argon2idProblem,
  hashArgon2id,
  isArgon2,
  verifyArgon2id,
  workOf,
} from './argon2id.ts'

/** bcrypt reads 72 bytes and ignores the rest: a longer password must be refused, never cut. */
export const MAX_BCRYPT_BYTES = 72

/** As long as anybody types, and no work for whoever sends megabytes. */
export const MAX_ARGON2ID_BYTES = 1000

const BCRYPT = /^\$2[aby]\$(0[4-9]|1[0-7])\$[./A-Za-z0-9]{53}$/

/**
 * Why this is no hash that can be verified here, at a bounded cost, or undefined if it is one. Goes on from the name of what
 * has it; repeats nothing of the text.
 */
export function passwordHashProblem(text: string): string | undefined {
  if (isArgon2(text)) return argon2idProblem(text)
  return BCRYPT.test(text) ? undefined : 'is not a hash of bcrypt (of a cost from 04 to 17) or Argon2id'
}

/** Whether this is a hash that can be verified here, at a bounded cost. */
export function isPasswordHash(text: string): boolean {
  return passwordHashProblem(text) === undefined
}

/**
 * Which algorithm a hash is of, and what it costs, as one word (`bcrypt-10`, `argon2id-32768-2-1`): hashes of one kind take the
 * same work. `isPasswordHash` holds.
 */
export function kindOfHash(passwordHash: string): string {
  if (!isArgon2(passwordHash)) return bcryptKind(Number(passwordHash.slice(4, 6)))
  return argon2idKind(argon2idCostOf(passwordHash))
}

function argon2idKind({ memory, passes, parallelism }: Argon2idCost): string {
  return `argon2id-${memory}-${passes}-${parallelism}`
}

/** The kind of bcrypt's hashes of this cost. */
export function bcryptKind(cost: number): string {
  return `bcrypt-${cost}`
}

/** Whether a hash is of another kind than those that are made here: perhaps it was the last one, and every login does its work. */
export function isRare(passwordHash: string | undefined): boolean {
  return passwordHash !== undefined && kindOfHash(passwordHash) !== argon2idKind(ARGON2ID_COST)
}

/** A well-formed hash of this kind that no password has, to compare with if there is nothing else to. */
export function decoyOf(kind: string): string {
  const cost = argon2idCost(kind)
  if (cost !== undefined) return argon2idDecoy(cost)
  return `$2b$${kind.slice('bcrypt-'.length).padStart(2, '0')}$${'.'.repeat(53)}`
}

function argon2idCost(kind: string): Argon2idCost | undefined {
  const [name, memory, passes, parallelism] = kind.split('-')
  if (name !== 'argon2id') return undefined
  return { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) }
}

// Some three seconds of a small machine. bcrypt needs no bound of its own: its costs are exponents, and few.
const MAX_ARGON2ID_KINDS = 16
const MAX_WORK_OF_KINDS = 2_097_152

/**
 * Why hashes of these kinds cannot stand side by side, or undefined if they can: every guess does the work of one of each.
 */
export function kindsProblem(kinds: Iterable<string>): string | undefined {
  const costs = [...kinds].flatMap((kind) => argon2idCost(kind) ?? [])
  const work = costs.reduce((sum, cost) => sum + workOf(cost), 0)
  if (costs.length <= MAX_ARGON2ID_KINDS && work <= MAX_WORK_OF_KINDS) return undefined
  return (
    'has parameters of Argon2id that are too many beside those of the others: every guess does the work of all of them; ' +
    `there may be ${MAX_ARGON2ID_KINDS}, and their m times t ${MAX_WORK_OF_KINDS} together`
  )
}

/** Whether whoever gets this hash tries passwords fast. False for what is none. */
export function isCheapHash(passwordHash: string): boolean {
  if (!isPasswordHash(passwordHash)) return false
  if (!isArgon2(passwordHash)) return Number(passwordHash.slice(4, 6)) < CHEAPEST_BCRYPT
  const cost = argon2idCostOf(passwordHash)
  return cost.memory < CHEAPEST_MEMORY || workOf(cost) < CHEAPEST_WORK
}

// About the least that OWASP advises for either.
const CHEAPEST_BCRYPT = 10
const CHEAPEST_MEMORY = 7_168
const CHEAPEST_WORK = 32_768

/** Whether a password has a hash. Always does the hash's work, also for one that cannot have it. */
export async function matches(password: string, passwordHash: string): Promise<boolean> {
  if (isArgon2(passwordHash)) {
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
