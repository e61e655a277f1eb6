import { argon2, argon2Sync, timingSafeEqual } from 'node:crypto'
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

/**
 * What new passwords get. OWASP advises 19 MiB, two passes and one lane at least. With 32 MiB three at once take as much of the
 * process (measured: 104 MB more than before, 102 with 19 MiB), but give it back: what is smaller the C library keeps for each thread.
 */
export const ARGON2ID_COST: Argon2idCost = { memory: 32_768, passes: 2, parallelism: 1 }

// What a hash that somebody brings may cost: three of them at once fit into half a gigabyte, and one is done in a second or two.
const MAX_MEMORY = 131_072
const MAX_WORK = 1_048_576
const MAX_LANES = 8

const FORM =
  /^\$argon2id\$v=19\$m=([1-9]\d{0,9}),t=([1-9]\d{0,9}),p=([1-9]\d{0,9})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/

// Each with what is wrong if it does not hold; RFC 9106 §3.1 has the least of each number.
const RULES: readonly (readonly [(hash: Argon2idHash) => boolean, string])[] = [
  [({ memory }) => memory <= MAX_MEMORY, `takes more memory than ${MAX_MEMORY} KiB (m)`],
  [({ parallelism }) => parallelism <= MAX_LANES, `has more than ${MAX_LANES} lanes (p)`],
  [(hash) => workOf(hash) <= MAX_WORK, `takes too long: m times t may be ${MAX_WORK}`],
  [({ memory, parallelism }) => memory >= 8 * parallelism, 'has too little memory: m must be 8 times p'],
  [({ salt }) => salt.length >= 8 && salt.length <= 48, 'must have a salt of 8 to 48 bytes'],
  // A shorter tag is another password's too.
  [({ tag }) => tag.length >= 16 && tag.length <= 64, 'must have a hash of 16 to 64 bytes'],
]

/** Whether a text says that it is a hash of Argon2, of whichever type. */
export function isArgon2(text: string): boolean {
  return text.startsWith('$argon2')
}

/**
 * Why this text is no hash of Argon2id that is verified here, or undefined if it is one. The form is that of the reference
 * implementation: `$argon2id$v=19$m=…,t=…,p=…$salt$hash`. Repeats nothing of the text.
 */
export function argon2idProblem(text: string): string | undefined {
  if (/^\$argon2[id]?\$/.test(text))
    return 'is a hash of Argon2i or Argon2d, and only Argon2id is taken (RFC 9106 section 4)'
  // Texts without a version are of 1.0, whose hashes are others.
  if (/^\$argon2id\$(?:m=|v=(?!19\$))/.test(text))
    return 'is a hash of another version of Argon2 than 1.3 (v=19)'
  const hash = readArgon2id(text)
  if (hash === undefined)
    return 'is not a whole hash of Argon2id: $argon2id$v=19$m=…,t=…,p=…$salt$hash, in quotes between { and }'
  const [, problem] = RULES.find(([holds]) => !holds(hash)) ?? []
  return problem ?? (hasArgon2id() ? undefined : `is a hash of Argon2id, and ${NO_ARGON2ID}`)
}

/** What to say if `hasArgon2id` is false. */
export const NO_ARGON2ID =
  'the OpenSSL of this Node has no Argon2 (it came with 3.2, and is not approved by FIPS); use the Node that npm ci installs, or bcrypt'

let available: boolean | undefined

/** Whether this process can make and verify hashes of Argon2id. */
export function hasArgon2id(): boolean {
  available ??= canDerive()
  return available
}

// The smallest there is: a fraction of a millisecond, once.
function canDerive(): boolean {
  try {
    const least = { memory: 8, passes: 1, parallelism: 1, tagLength: 4 }
    argon2Sync('argon2id', { message: '', nonce: Buffer.alloc(8), ...least })
    return true
  } catch {
    return false
  }
}

/** What a hash costs. The text has no `argon2idProblem`: throws for any other. */
export function argon2idCostOf(text: string): Argon2idCost {
  const { memory, passes, parallelism } = partsOf(text)
  return { memory, passes, parallelism }
}

/** KiB written in all passes: what the time of a hash follows. */
export function workOf({ memory, passes }: Argon2idCost): number {
  return memory * passes
}

/** Whether `password` has this hash. Always does the hash's work. The text has no `argon2idProblem`: throws for any other. */
export async function verifyArgon2id(password: string, text: string): Promise<boolean> {
  const hash = partsOf(text)
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

function partsOf(text: string): Argon2idHash {
  const hash = readArgon2id(text)
  if (hash === undefined) throw new TypeError('not a hash of Argon2id')
  return hash
}

function readArgon2id(text: string): Argon2idHash | undefined {
  const [, m, t, p, salt, tag] = FORM.exec(text) ?? []
  if (salt === undefined || tag === undefined) return undefined
  const bytes = { salt: Buffer.from(salt, 'base64'), tag: Buffer.from(tag, 'base64') }
  // One hash has one text: base64 of another length, or with bits behind its end, is none.
  if (base64(bytes.salt) !== salt || base64(bytes.tag) !== tag) return undefined
  return { memory: Number(m), passes: Number(t), parallelism: Number(p), ...bytes }
}

function textOf(
  { memory, passes, parallelism }: Argon2idCost,
  { salt, tag }: { salt: Buffer; tag: Buffer },
): string {
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${base64(salt)}$${base64(tag)}`
}

// Without padding, as the form has it.
function base64(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('=', '')
}

// On the process' pool of threads, as bcrypt; a hash of several lanes has further threads for them.
function derive(
  password: string,
  nonce: Buffer,
  { memory, passes, parallelism, length }: Argon2idCost & { length: number },
): Promise<Buffer> {
  const parameters = { message: password, nonce, memory, passes, parallelism, tagLength: length }
  return new Promise((resolve, reject) => {
    argon2('argon2id', parameters, (error, tag) => (error ? reject(error) : resolve(tag)))
  })
}
