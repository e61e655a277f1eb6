import type { CompactVerifyGetKey, CryptoKey, createLocalJWKSet, JSONWebKeySet, JWTPayload } from 'jose'
import { ConfigError } from '../config/config-error.ts'
import { SIGNING_ALGORITHMS, type SigningAlgorithm } from '../protocol/algorithms.ts'
import {
  currentKey,
  type KeySet,
  pruned,
  publicPart,
  type RotationPlan,
  revoked,
  rotated,
  type SigningKey,
  signsFrom,
  wanting,
  withFresh,
} from './key-set.ts'
import type { KeyVault } from './key-vault.ts'

/** What a signature of ours holds. */
export interface Verified {
  typ: string | undefined
  payload: JWTPayload
}

type KeyFinder = ReturnType<typeof createLocalJWKSet>

// Seconds between two looks at the vault that somebody else's question may cause.
const LOOK_EVERY = 2
// Seconds until a vault that could not be written is tried again: each try makes a key for nothing.
const WRITE_AGAIN = 3600

// Loaded at the first signature: a server whose clients use no OpenID Connect starts without it.
const jose = () => import('jose')

/**
 * The keys that sign what we sign: ID tokens, JWT access tokens, logout tokens. Made at their first use, followed
 * by `refresh`, which every node calls at least once a minute.
 */
export class SigningKeys {
  readonly #vault: KeyVault
  #plan: () => RotationPlan
  readonly #now: () => number
  // By the key, not by its name: an operator may put another key under the same kid.
  readonly #imported = new WeakMap<SigningKey, CryptoKey>()
  #set: KeySet | undefined
  #published: { set: KeySet; jwks: JSONWebKeySet; find?: KeyFinder } | undefined
  #loading: Promise<KeySet> | undefined
  #looked = Number.NEGATIVE_INFINITY
  #looking: Promise<void> | undefined
  readonly #notice: (text: string) => void
  /** When (seconds) a vault that could not be written may be tried again. */
  #writeAgain = 0

  /**
   * `plan` is asked at each turn, so that it may change. `now`: seconds since the epoch. `notice` is told what the
   * operator should know.
   */
  constructor(context: {
    vault: KeyVault
    plan: () => RotationPlan
    now: () => number
    notice?: (text: string) => void
  }) {
    this.#vault = context.vault
    this.#plan = context.plan
    this.#now = context.now
    this.#notice = context.notice ?? (() => {})
  }

  /** Goes on by another plan, with the keys that there are. */
  replan(plan: () => RotationPlan): void {
    this.#plan = plan
  }

  /** Whether keys are there: made or read before. */
  get loaded(): boolean {
    return this.#set !== undefined
  }

  /** The algorithms that we sign with now. */
  get algorithms(): readonly SigningAlgorithm[] {
    return this.#plan().algorithms
  }

  /**
   * Reads the set as it is kept, and does what is due: missing keys, the schedule, retired keys, and a seal under
   * the present secret. Throws `ConfigError` if the set cannot be opened.
   */
  async refresh(): Promise<KeySet> {
    const now = this.#now()
    const found = await this.#vault.read()
    const plan = this.#plan()
    let set = found?.set ?? []
    const algorithms = wanting(set, plan, now)
    const due = algorithms.length > 0 || pruned(set, plan, now) !== set || found?.stale
    if (due && (now >= this.#writeAgain || !this.#complete(set))) {
      const fresh = await Promise.all(algorithms.map((alg) => generate(alg, signsFrom(set, alg, now))))
      set = await this.#change(set, (current) => withFresh(current, fresh, plan, now))
    }
    // The same keys are the same object: what was imported of them stays.
    if (this.#set === undefined || JSON.stringify(set) !== JSON.stringify(this.#set)) this.#set = set
    this.#looked = now
    return this.#set
  }

  // A file that may only be read does not stop a server that has what it signs with: it goes on with the keys there are.
  async #change(set: KeySet, change: (set: KeySet) => KeySet): Promise<KeySet> {
    try {
      return await this.#vault.change(change)
    } catch (error) {
      if (!(error instanceof ConfigError) || !this.#complete(set)) throw error
      this.#notice(`the signing keys cannot rotate: ${error.message}`)
      this.#writeAgain = this.#now() + WRITE_AGAIN
      return set
    }
  }

  #complete(set: KeySet): boolean {
    return this.algorithms.every((alg) => currentKey(set, alg, this.#now()) !== undefined)
  }

  /** Adds a next key for every algorithm, whatever the schedule says. Returns when (seconds) they begin to sign. */
  async rotate(): Promise<number> {
    const now = this.#now()
    const set = await this.refresh()
    const plan = this.#plan()
    const fresh = await Promise.all(plan.algorithms.map((alg) => generate(alg, signsFrom(set, alg, now))))
    this.#set = await this.#vault.change((current) => rotated(current, fresh, plan, now))
    return Math.max(...this.#set.map((key) => key.signs_from ?? now))
  }

  /** Takes a key out at once, and has another one sign if it did. Of many who do it at once one makes the other key. */
  async revoke(kid: string): Promise<void> {
    const now = this.#now()
    const gone = (await this.refresh()).find((key) => key.kid === kid)
    if (gone === undefined) return
    const fresh = await generate(gone.alg, now)
    this.#set = await this.#vault.change((current) => revoked(current, kid, fresh, now))
  }

  /** The public keys (RFC 7517 §5): those that sign, will sign, and have signed what may still be shown. */
  async jwks(): Promise<JSONWebKeySet> {
    return this.#publish(await this.#latest()).jwks
  }

  /** Signs claims as a JWT (RFC 7519). `typ` tells what it is for (RFC 8725 §3.11); undefined for none. */
  async sign(alg: SigningAlgorithm, typ: string | undefined, claims: JWTPayload): Promise<string> {
    const now = this.#now()
    // The first client of this algorithm may have come after the keys were read.
    const key = currentKey(await this.#keys(), alg, now) ?? currentKey(await this.#load(), alg, now)
    if (key === undefined) throw new Error(`there is no key for ${alg}`)
    const { SignJWT } = await jose()
    const header = { alg, kid: key.kid, ...(typ !== undefined && { typ }) }
    return new SignJWT(claims).setProtectedHeader(header).sign(await this.#import(key))
  }

  /** What a JWT of ours says, or undefined for anybody else's. Expiry and claims are the caller's to check. */
  async verify(jwt: string): Promise<Verified | undefined> {
    if (!looksLikeJwt(jwt)) return undefined
    const { compactVerify, createLocalJWKSet } = await jose()
    const find: CompactVerifyGetKey = async (header, token) => {
      const known = await this.#keys()
      const published = this.#publish(
        known.some(({ kid }) => kid === header.kid) ? known : await this.#latest(),
      )
      // It keeps the imported keys: importing one costs several verifications.
      published.find ??= createLocalJWKSet(published.jwks)
      return published.find(header, token)
    }
    try {
      // Every algorithm we support, not only those in use: a client's setting may have changed since, and the key fixes
      // its own algorithm.
      const verified = await compactVerify(jwt, find, { algorithms: [...SIGNING_ALGORITHMS] })
      const payload = JSON.parse(Buffer.from(verified.payload).toString())
      return { typ: verified.protectedHeader.typ, payload }
    } catch (error) {
      if (isJoseError(error) || error instanceof SyntaxError) return undefined
      throw error
    }
  }

  #publish(set: KeySet) {
    if (this.#published?.set !== set) this.#published = { set, jwks: { keys: set.map(publicPart) } }
    return this.#published
  }

  async #keys(): Promise<KeySet> {
    return this.#set ?? this.#load()
  }

  #load(): Promise<KeySet> {
    this.#loading ??= this.refresh().finally(() => {
      this.#loading = undefined
    })
    return this.#loading
  }

  /**
   * The set as it was kept a moment ago. The first key of an algorithm signs at once, so a token may be here before
   * this node has seen its key; strangers can ask, so it looks once in a few seconds.
   */
  async #latest(): Promise<KeySet> {
    const known = await this.#keys()
    const now = this.#now()
    if (now >= this.#looked + LOOK_EVERY) {
      this.#looked = now
      // If the vault cannot be read now, keep publishing the keys we know.
      this.#looking = this.refresh().then(
        () => {},
        () => {},
      )
    }
    await this.#looking
    return this.#set ?? known
  }

  async #import(key: SigningKey): Promise<CryptoKey> {
    let imported = this.#imported.get(key)
    if (imported === undefined) {
      const { importJWK } = await jose()
      imported = (await importJWK(key, key.alg)) as CryptoKey
      this.#imported.set(key, imported)
    }
    return imported
  }
}

async function generate(alg: SigningAlgorithm, signs_from: number): Promise<SigningKey> {
  const { calculateJwkThumbprint, exportJWK, generateKeyPair } = await jose()
  const { privateKey } = await generateKeyPair(alg, { extractable: true })
  const jwk = await exportJWK(privateKey)
  return { ...jwk, kid: await calculateJwkThumbprint(jwk), alg, use: 'sig', signs_from }
}

// Characters: as many as a body may have, for an ID token is as long as the claims that somebody has. No megabyte is
// ever parsed.
const MAX_JWT = 65_536

function looksLikeJwt(text: string): boolean {
  return text.length <= MAX_JWT && /^[\w-]+\.[\w-]+\.[\w-]+$/.test(text)
}

function isJoseError(error: unknown): boolean {
  return /^ERR_J/.test(String((error as { code?: unknown })?.code))
}
