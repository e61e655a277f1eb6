import {
  createHmac,
  createSecretKey,
  generateKeyPairSync,
  hash,
  type KeyObject,
  randomBytes,
  sign,
  timingSafeEqual,
  verify,
} from 'node:crypto'
import { random } from '../../src/secrets/random.ts'
import { ALL_CLIENTS } from './server.ts'

const TAG = 32
const macKey = createSecretKey(randomBytes(32))
const secrets = new Map(
  ALL_CLIENTS.map(({ client_id, client_secret }) => [
    client_id,
    Buffer.from(hash('sha256', client_secret, 'hex'), 'latin1'),
  ]),
)

/** HTTP Basic: one look-up, one SHA-256, one comparison in constant time. */
export function authenticate(authorization = ''): string | undefined {
  const pair = Buffer.from(authorization.slice(6), 'base64').toString('latin1')
  const colon = pair.indexOf(':')
  const client_id = pair.slice(0, colon)
  const expected = secrets.get(client_id)
  if (expected === undefined) return undefined
  const given = Buffer.from(hash('sha256', pair.slice(colon + 1), 'hex'), 'latin1')
  return timingSafeEqual(given, expected) ? client_id : undefined
}

/** An opaque token of `length` bytes of facts, `id` in front, the rest random: one HMAC. */
export function seal(prefix: string, length: number, id?: Buffer): string {
  const bytes = Buffer.allocUnsafe(length + TAG)
  if (id === undefined) bytes.set(random(16))
  else bytes.set(id)
  for (let at = 16; at < length; at += 32) bytes.set(random(Math.min(32, length - at)), at)
  bytes.write(
    createHmac('sha256', macKey).update(bytes.subarray(0, length)).digest('latin1'),
    length,
    'latin1',
  )
  return `${prefix}_${bytes.toString('base64url')}`
}

/** The id in front of a genuine token: one HMAC. */
export function unseal(token: string): Buffer | undefined {
  const bytes = Buffer.from(token.slice(3), 'base64url')
  if (bytes.length < 16 + TAG) return undefined
  const length = bytes.length - TAG
  const tag = createHmac('sha256', macKey).update(bytes.subarray(0, length)).digest('latin1')
  return timingSafeEqual(Buffer.from(tag, 'latin1'), bytes.subarray(length))
    ? bytes.subarray(0, 16)
    : undefined
}

const kid = randomBytes(32).toString('base64url')
let made: { privateKey: KeyObject; publicKey: KeyObject } | undefined

// Made at the first use: to make one takes longer than a start.
function pair() {
  made ??= generateKeyPairSync('rsa', { modulusLength: 2048 })
  return made
}

/** A JWT by RS256: one signature. */
export function signJwt(claims: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const input = `${part({ alg: 'RS256', kid, typ: 'at+jwt' })}.${part(claims)}`
  return `${input}.${sign('sha256', Buffer.from(input), pair().privateKey).toString('base64url')}`
}

/** Whether a JWT is ours: one signature checked. */
export function verifyJwt(token: string): boolean {
  const end = token.lastIndexOf('.')
  const signature = Buffer.from(token.slice(end + 1), 'base64url')
  return verify('sha256', Buffer.from(token.slice(0, end)), pair().publicKey, signature)
}
