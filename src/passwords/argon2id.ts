import { argon2, timingSafeEqual } from 'node:crypto'
import { random } from '../secrets/random.ts'

/** What a hash costs: memory in KiB, passes over it, and lanes. */
export interface Argon2idCost {
  readonly memory: number
  readonly passes: number
  readonly parallelism: number
}

/** A hash in its parts. */
interface Argon2idHash extends Argon2idCost {
  readonly salt: Buffer
  readonly tag: Buffer
}

/** What new passwords get: 19 MiB, two passes, one lane, as OWASP has it. About the work of bcrypt with a cost of 10. */
export const ARGON2ID_COST: Argon2idCost = { memory: 19_456, passes: 2, parallelism: 1 }

// What a hash that somebody brings may cost: 256 MiB, and a second or two of work.
const MAX_MEMORY = 262_144
const MAX_WORK = 1_048_576
const MAX_PASSES = 16
const MAX_LANES = 16

const TEXT = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/

/**
 * Reads a hash in the form that the reference implementation prints (`$argon2id$v=19$m=…,t=…,p=…$salt$hash`). Undefined for any
 * other text, and for one that would cost too much.
 */
export function readArgon2id(text: string): Argon2idHash | undefined {
  const [, m, t, p, salt, tag] = TEXT.exec(text) ?? []
  if (salt === undefined || tag === undefined) return undefined
  const hash = {
    ...{ memory: Number(m), passes: Number(t), parallelism: Number(p) },
    ...{ salt: Buffer.from(salt, 'base64'), tag: Buffer.from(tag, 'base64') },
  }
  const { memory, passes, parallelism } = hash
  // RFC 9106 §3.1 has the least of each; node refuses less memory than eight blocks a lane.
  if (passes < 1 || passes > MAX_PASSES || parallelism < 1 || parallelism > MAX_LANES) return undefined
  if (memory < 8 * parallelism || memory > MAX_MEMORY || memory * passes > MAX_WORK) return undefined
  if (hash.salt.length < 8 || hash.salt.length > 48) return undefined
  return hash.tag.length < 16 || hash.tag.length > 64 ? undefined : hash
}

/** Whether `password` has this hash. Always does the hash's work. The text has been read before: throws for any other. */
export async function verifyArgon2id(password: string, text: string): Promise<boolean> {
  const hash = readArgon2id(text)
  if (hash === undefined) throw new TypeError('not a hash of Argon2id')
  return timingSafeEqual(await derive(password, hash.salt, { ...hash, length: hash.tag.length }), hash.tag)
}

/** A new hash, with a salt of its own. */
export async function hashArgon2id(password: string, cost: Argon2idCost = ARGON2ID_COST): Promise<string> {
  const salt = random(16)
  return textOf(cost, { salt, tag: await derive(password, salt, { ...cost, length: 32 }) })
}

/** A well-formed hash of this cost that no password has. */
export function argon2idDecoy(cost: Argon2idCost): string {
  return textOf(cost, { salt: Buffer.alloc(16), tag: Buffer.alloc(32) })
}

function textOf(
  { memory, passes, parallelism }: Argon2idCost,
  { salt, tag }: { salt: Buffer; tag: Buffer },
): string {
  const plain = (bytes: Buffer) => bytes.toString('base64').replaceAll('=', '')
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${plain(salt)}$${plain(tag)}`
}

// On the process' pool of threads, as bcrypt.
function derive(
  password: string,
  nonce: Buffer,
  { memory, passes, parallelism, length }: Argon2idCost & { length: number },
): Promise<Buffer> {
  const parameters = { message: password, nonce, memory, passes, parallelism, tagLength: length }
  return new Promise((resolve, reject) => {
    argon2('argon2id', parameters, (error, tag) => (error ? reject(error) : resolve(Buffer.from(tag))))
  })
}
