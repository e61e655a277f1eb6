import { createHmac } from 'node:crypto'
import type { Client } from './client.ts'

type InSector = Pick<Client, 'sector'>

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
  of({ sector }: InSector, sub: string): string {
    return sector === undefined ? sub : this.#derived([sector, sub])
  }

  /** The `sid` that this client knows a login by: one for all sectors would tell them who is who. */
  sid({ sector }: InSector, sid: string): string {
    return sector === undefined ? sid : this.#derived(['sid', sector, sid])
  }

  #derived(facts: readonly string[]): string {
    return createHmac('sha256', this.#salt).update(JSON.stringify(facts)).digest('base64url')
  }
}
