import { createHmac } from 'node:crypto'
import type { Client } from '../clients/client.ts'

/**
 * Who a person is to a client (OpenID Connect Core §8): to most the same to all, to one with pairwise subjects
 * somebody else in each sector. Derived, so nothing is stored; not from `SECRET_KEYS`, which change.
 */
export class Subjects {
  readonly #salt: string

  constructor(salt: string) {
    this.#salt = salt
  }

  /** The `sub` that this client knows a person by. */
  of({ sector }: Pick<Client, 'sector'>, sub: string): string {
    if (sector === undefined) return sub
    return createHmac('sha256', this.#salt)
      .update(JSON.stringify([sector, sub]))
      .digest('base64url')
  }
}
