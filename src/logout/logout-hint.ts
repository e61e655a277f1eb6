import { makeHandle, openHandle } from '../secrets/handles.ts'
import type { Keys } from '../secrets/keys.ts'
import type { SigningKeys } from '../signing/signing-keys.ts'

/** What an `id_token_hint` proves: that this client was told of this login. */
export interface LogoutHint {
  client_id: string
  /** The login, as the client knows it. */
  sid: string | undefined
}

// Seconds: as long as the form on the page that it may lead to.
const SHORT_FORM_TTL = 3600

// What stands for a hint that was looked at and proves nothing: nor does this, so the reader refuses it as well.
const UNPROVEN = 'unproven'

/** Reads `id_token_hint` (OpenID Connect RP-Initiated Logout 1.0 §2). */
export class LogoutHints {
  readonly #keys: Keys
  readonly #signing: SigningKeys
  readonly #issuer: string

  constructor(context: { keys: Keys; signing: SigningKeys; issuer: string }) {
    this.#keys = context.keys
    this.#signing = context.signing
    this.#issuer = context.issuer
  }

  /** What the hint proves, be it an ID token or the short form of one; undefined if it proves nothing. */
  async read(hint: string, now: number): Promise<LogoutHint | undefined> {
    return this.#readShort(hint, now) ?? this.#verify(hint)
  }

  /**
   * The hint for the query of a URL, in which an ID token may be too long and should not be seen: a short form that proves
   * the same for an hour. One that is short already stays as it is, or it could be renewed for ever.
   */
  async shorten(hint: string, now: number): Promise<string> {
    if (this.#readShort(hint, now) !== undefined) return hint
    const proven = await this.#verify(hint)
    if (proven === undefined) return UNPROVEN
    const facts = JSON.stringify([now + SHORT_FORM_TTL, proven.client_id, proven.sid])
    return makeHandle(this.#keys, 'lh', Buffer.from(facts))
  }

  async #verify(hint: string): Promise<LogoutHint | undefined> {
    const verified = await this.#signing.verify(hint)
    const { iss, aud, sid, client_id } = verified?.payload ?? {}
    // An access token may have the same type; it names a client beside its audience.
    if (verified?.typ !== 'JWT' || client_id !== undefined) return undefined
    // §2: that it has expired is fine.
    if (iss !== this.#issuer || typeof aud !== 'string') return undefined
    return { client_id: aud, sid: typeof sid === 'string' ? sid : undefined }
  }

  #readShort(hint: string, now: number): LogoutHint | undefined {
    const facts = openHandle(this.#keys, 'lh', hint)
    if (facts === undefined) return undefined
    const [expires_at, client_id, sid] = JSON.parse(facts.toString())
    return expires_at > now ? { client_id, sid: sid ?? undefined } : undefined
  }
}
