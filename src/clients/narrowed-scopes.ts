import type { SecurityEvent } from '../events/events.ts'
import { scopeDifference } from '../protocol/scope.ts'

// Characters: the names come from a request.
const MAX_SCOPE = 300
// Clients that are remembered: whoever introduces themselves can make up any number. The one that was told first gives way.
const MAX_TOLD = 1000

/** Says once for each client, in this process, that it asks for scopes that it does not get. */
export class NarrowedScopes {
  readonly #told = new Set<string>()

  /** What the log is told if `given` is less than `asked`: one event, and only the first time. */
  events(client_id: string, asked: string, given: string): readonly SecurityEvent[] {
    const scope = scopeDifference(asked, given)
    if (scope === '' || this.#told.has(client_id)) return []
    this.#told.add(client_id)
    const [oldest] = this.#told
    if (this.#told.size > MAX_TOLD && oldest !== undefined) this.#told.delete(oldest)
    return [{ event: 'scope_narrowed', client_id, scope: scope.slice(0, MAX_SCOPE) }]
  }
}
