import type { Client } from '../clients/client.ts'
import type { Outbound } from '../outbound/outbound.ts'
import { OAuthError } from '../protocol/errors.ts'

interface Judged {
  error: OAuthError | undefined
  /** Seconds: looked at again after that. */
  until: number
}

// Seconds that a verdict holds. A failure holds too: nobody can make this server ask again and again.
const GOOD_FOR = 86_400
const BAD_FOR = 60

/**
 * OpenID Connect Dynamic Client Registration 1.0 §5: the document at `sector_identifier_uri` lists every redirect URI
 * of the client, or the client takes part in somebody else's sector. Looked at when it matters first, not at the
 * start, which must not hang on another's server.
 */
export class SectorDocuments {
  readonly #outbound: Outbound
  readonly #judged = new Map<string, Judged>()
  readonly #asking = new Map<string, Promise<OAuthError | undefined>>()

  constructor(outbound: Outbound) {
    this.#outbound = outbound
  }

  /** Throws `OAuthError`, for a page: with a sector that is not proven, nobody is sent anywhere. */
  async check(client: Client, now: number): Promise<void> {
    const uri = client.sector_identifier_uri
    if (uri === undefined) return
    const known = this.#judged.get(client.client_id)
    const error = known && known.until > now ? known.error : await this.#ask(client, uri, now)
    if (error !== undefined) throw error
  }

  #ask(client: Client, uri: string, now: number): Promise<OAuthError | undefined> {
    const { client_id } = client
    const running = this.#asking.get(client_id)
    if (running !== undefined) return running
    const asking = this.#judge(client, uri)
      .then((error) => this.#remember(client_id, error, now))
      .finally(() => this.#asking.delete(client_id))
    this.#asking.set(client_id, asking)
    return asking
  }

  async #judge({ client_id, redirect_uris }: Client, uri: string): Promise<OAuthError | undefined> {
    try {
      const { status, body } = await this.#outbound.get(uri)
      if (status !== 200) return unreachable(client_id, `it answered ${status}`)
      const listed: unknown = JSON.parse(body)
      const missing = redirect_uris.filter((one) => !Array.isArray(listed) || !listed.includes(one))
      if (missing.length === 0) return undefined
      return new OAuthError(
        'invalid_request',
        'the document at sector_identifier_uri does not list its addresses',
        {
          detail: `sector_identifier_uri of client ${client_id} does not list ${missing.join(' ')}`,
        },
      )
    } catch (error) {
      return unreachable(client_id, (error as Error).message)
    }
  }

  #remember(client_id: string, error: OAuthError | undefined, now: number): OAuthError | undefined {
    const before = this.#judged.get(client_id)
    // A document that was right and cannot be read now has not become wrong.
    const verdict = error?.error === 'temporarily_unavailable' && before && !before.error ? undefined : error
    const good = error === undefined
    this.#judged.set(client_id, { error: verdict, until: now + (good ? GOOD_FOR : BAD_FOR) })
    return verdict
  }
}

function unreachable(client_id: string, problem: string): OAuthError {
  return new OAuthError('temporarily_unavailable', 'the document at sector_identifier_uri cannot be read', {
    detail: `sector_identifier_uri of client ${client_id} cannot be read: ${problem}`,
    retryAfter: BAD_FOR,
  })
}
