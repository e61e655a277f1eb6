import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hash,
  hkdfSync,
  type KeyObject,
  timingSafeEqual,
} from 'node:crypto'
import { random } from './random.ts'

/** What a derived key is for. A value made for one purpose never verifies for another. */
export type Purpose =
  | 'at'
  | 'ct'
  | 'rt'
  | 'ac'
  | 'bs'
  | 'bw'
  | 'kd'
  | 'lh'
  | 'pl'
  | 'ci'
  | 'ri'
  | 'ci_secret'
  | 'registration'
  | 'csrf'
  | 'client_secret'
  | 'counter'
  | 'device'
  | 'signing_keys'

const ID_BYTES = 4
// AES-256-GCM: a fresh nonce for each seal, the tag behind the text.
const NONCE = 12
const GCM_TAG = 16

interface Key {
  id: Buffer
  derived: Map<Purpose, KeyObject>
  secret: string
  issuer: string
}

/**
 * The keys of `SECRET_KEYS`. The first signs, all verify; four bytes of a digest name the key inside every
 * value it made, so that a value of a dropped key is refused without trying the others.
 */
export class Keys {
  readonly #keys: readonly Key[]

  /**
   * `secrets`: one or more texts of at least 32 random bytes each; the caller has checked them. `issuer`: whose
   * tokens they are, if the token alone must tell.
   */
  constructor(secrets: readonly string[], issuer = '') {
    this.#keys = secrets.map((secret) => ({
      id: hash('sha256', `postern key id ${secret}`, 'buffer').subarray(0, ID_BYTES),
      derived: new Map(),
      secret,
      issuer,
    }))
  }

  /** The identifier (4 bytes) of the key that signs. */
  get currentId(): Buffer {
    return this.#first.id
  }

  /** HMAC-SHA256 (32 bytes) over `data`, under the signing key's derivation for `purpose`. */
  sign(purpose: Purpose, data: Buffer | string): Buffer {
    return Buffer.from(mac(this.#first, purpose, data), 'latin1')
  }

  /** The HMACs over `data` under every key, the signing one's first: to recognise what an earlier key has marked. */
  signWithEach(purpose: Purpose, data: Buffer | string): Buffer[] {
    return this.#keys.map((key) => Buffer.from(mac(key, purpose, data), 'latin1'))
  }

  /** Signs the first `end` bytes in place: writes their HMAC (32 bytes) behind them. */
  signInto(purpose: Purpose, bytes: Buffer, end: number): void {
    bytes.write(mac(this.#first, purpose, bytes.subarray(0, end)), end, 'latin1')
  }

  /** Whether `tag` is the HMAC of `data` under the key that `id` names; constant time in the tag. */
  verify(purpose: Purpose, id: Buffer, data: Buffer | string, tag: Buffer): boolean {
    const key = this.#keys.find((one) => one.id.equals(id))
    if (key === undefined || tag.length !== 32) return false
    return timingSafeEqual(Buffer.from(mac(key, purpose, data), 'latin1'), tag)
  }

  /** Encrypts `text` (AES-256-GCM) under the signing key's derivation for `purpose`. */
  seal(purpose: Purpose, text: string): string {
    const nonce = random(NONCE)
    const cipher = createCipheriv('aes-256-gcm', derive(this.#first, purpose), nonce).setAAD(this.currentId)
    const sealed = [this.currentId, nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]
    return Buffer.concat(sealed).toString('base64url')
  }

  /** The text of a seal, and whether the first key made it; undefined if no key opens it. */
  unseal(purpose: Purpose, sealed: string): { text: string; current: boolean } | undefined {
    const bytes = Buffer.from(sealed, 'base64url')
    const id = bytes.subarray(0, ID_BYTES)
    const key = this.#keys.find((one) => one.id.equals(id))
    if (key === undefined || bytes.length < ID_BYTES + NONCE + GCM_TAG) return undefined
    const nonce = bytes.subarray(ID_BYTES, ID_BYTES + NONCE)
    const decipher = createDecipheriv('aes-256-gcm', derive(key, purpose), nonce, { authTagLength: GCM_TAG })
    decipher.setAAD(id).setAuthTag(bytes.subarray(-GCM_TAG))
    try {
      const text = decipher.update(bytes.subarray(ID_BYTES + NONCE, -GCM_TAG), undefined, 'utf8')
      return { text: text + decipher.final('utf8'), current: key === this.#first }
    } catch {
      return undefined
    }
  }

  get #first(): Key {
    return this.#keys[0] as Key
  }
}

// One character a byte: a third faster than asking for the bytes, and every token pays for it.
function mac(key: Key, purpose: Purpose, data: Buffer | string): string {
  return createHmac('sha256', derive(key, purpose)).update(data).digest('latin1')
}

function derive(key: Key, purpose: Purpose): KeyObject {
  let derived = key.derived.get(purpose)
  if (derived === undefined) {
    // RFC 5869: one key per purpose, so that a refresh token can never be read as an access token. And per issuer for
    // the tokens that no record stands behind: two servers with the same secret must not believe each other's.
    const info = purpose === 'ct' ? `ct ${key.issuer}` : purpose
    derived = createSecretKey(Buffer.from(hkdfSync('sha256', key.secret, 'postern', info, 32)))
    key.derived.set(purpose, derived)
  }
  return derived
}
