import type { Client } from '../clients/client.ts'
import type { Subjects } from '../clients/subjects.ts'
import type { Outbound } from '../outbound/outbound.ts'
import { randomText } from '../secrets/random.ts'
import type { SigningKeys } from '../signing/signing-keys.ts'

/** Whose login has ended. */
export interface EndedLogin {
  sub: string
  sid: string
}

/** What one client has under way. */
interface Share {
  pending: number
  active: number
}

interface Delivery {
  client: Client
  login: EndedLogin
  share: Share
}

/** How the delivery to one client ended. */
export type Report = (client_id: string, problem: string | undefined) => void

// Milliseconds before each further try.
const BACKOFF = [1000, 5000, 30_000]
const MAX_PENDING = 1000
const AT_ONCE = 8
// Of these, what one client may take: one that hangs must not keep the others' notices back.
const PENDING_OF_ONE = MAX_PENDING / 8
const AT_ONCE_OF_ONE = 2
// Seconds: long enough for the slowest delivery (§2.4 recommends two minutes at most).
const TOKEN_TTL = 120
const EVENT = 'http://schemas.openid.net/event/backchannel-logout'

/**
 * OpenID Connect Back-Channel Logout 1.0: tells clients of a logout, server to server, beside the request that caused
 * it. Bounded: at most 1000 wait, 125 of one client; eight are on their way, two to one client; each is tried four times.
 */
export class BackChannel {
  readonly #context: {
    signing: SigningKeys
    subjects: Subjects
    outbound: Outbound
    issuer: string
    now: () => number
    report: Report
  }
  readonly #waiting: { share: Share; job: () => Promise<void> }[] = []
  readonly #shares = new Map<string, Share>()
  /** What waits for another try, and how each is given up. */
  readonly #again = new Map<NodeJS.Timeout, () => void>()
  #pending = 0
  #active = 0
  #closed = false

  constructor(context: {
    signing: SigningKeys
    subjects: Subjects
    outbound: Outbound
    issuer: string
    now: () => number
    report: Report
  }) {
    this.#context = context
  }

  /** Sends it on its way and returns at once. */
  notify(client: Client, login: EndedLogin): void {
    if (client.backchannel_logout_uri === undefined) return
    const { client_id } = client
    const share = this.#shares.get(client_id) ?? { pending: 0, active: 0 }
    if (this.#pending >= MAX_PENDING || share.pending >= PENDING_OF_ONE) {
      this.#context.report(client_id, 'too many deliveries wait; this one was dropped')
      return
    }
    this.#pending++
    share.pending++
    this.#shares.set(client_id, share)
    this.#enqueue({ client, login, share }, 0)
  }

  /** Resolves when each delivery has been tried once. */
  async settled(): Promise<void> {
    while (!this.#closed && (this.#active > 0 || this.#waiting.length > 0))
      await new Promise((resolve) => setTimeout(resolve, 20))
  }

  /** Gives up what waits for another try, and says so of each. */
  close(): void {
    this.#closed = true
    for (const [timer, giveUp] of this.#again) {
      clearTimeout(timer)
      giveUp()
    }
    this.#again.clear()
  }

  #enqueue(delivery: Delivery, tries: number): void {
    this.#waiting.push({ share: delivery.share, job: () => this.#deliver(delivery, tries) })
    this.#next()
  }

  #next(): void {
    if (this.#active >= AT_ONCE || this.#closed) return
    const at = this.#waiting.findIndex(({ share }) => share.active < AT_ONCE_OF_ONE)
    const [next] = at < 0 ? [] : this.#waiting.splice(at, 1)
    if (next === undefined) return
    const { share, job } = next
    this.#active++
    share.active++
    job().finally(() => {
      this.#active--
      share.active--
      this.#next()
    })
  }

  async #deliver(delivery: Delivery, tries: number): Promise<void> {
    const { client, login } = delivery
    const problem = await this.#post(client, login)
    const delay = BACKOFF[tries]
    if (problem === undefined || delay === undefined) return this.#done(delivery, problem)
    const giveUp = () => this.#done(delivery, `${problem}; it is not tried again, for this process ends`)
    if (this.#closed) return giveUp()
    const timer = setTimeout(() => {
      this.#again.delete(timer)
      this.#enqueue(delivery, tries + 1)
    }, delay)
    this.#again.set(timer.unref(), giveUp)
  }

  #done({ client: { client_id }, share }: Delivery, problem: string | undefined): void {
    this.#pending--
    share.pending--
    if (share.pending === 0) this.#shares.delete(client_id)
    this.#context.report(client_id, problem)
  }

  /** The problem, or undefined if the client has taken it (§2.8: 200 or 204). */
  async #post(client: Client, { sub, sid }: EndedLogin): Promise<string | undefined> {
    const { signing, subjects, outbound, issuer, now } = this.#context
    const iat = now()
    try {
      // Signed for each try: a token that waited would arrive expired. Never a nonce (§2.4).
      const logout_token = await signing.sign(client.id_token_signed_response_alg, 'logout+jwt', {
        iss: issuer,
        sub: subjects.of(client, sub),
        aud: client.client_id,
        iat,
        exp: iat + TOKEN_TTL,
        jti: randomText(12),
        events: { [EVENT]: {} },
        sid: subjects.sid(client, sid),
      })
      const { status } = await outbound.post(client.backchannel_logout_uri as string, { logout_token })
      return status === 200 || status === 204 ? undefined : `it answered ${status}`
    } catch (error) {
      return (error as Error).message
    }
  }
}
