import type { SecurityEvent } from '../events/events.ts'
import type { Grant } from './grant.ts'

/** A grant with its id, as it was just read. */
export interface FoundGrant {
  id: string
  grant: Grant
}

/** What the log is told where a grant has gone, and why. */
export function revokedEvent(
  { id, grant }: { id: string; grant: Pick<Grant, 'client_id' | 'sub'> },
  reason: string,
): SecurityEvent {
  const { client_id, sub } = grant
  return { event: 'grant_revoked', client_id, sub, grant_id: id, reason }
}

/**
 * The `count` grants that give way first: of the client that has most of them the one that ends first, again and again.
 * So a client that loops ends its own, and not what a person has with another. What waits for its code's redemption
 * goes last: it ends by itself in a minute, and somebody is about to come for it.
 */
export function surplusOf(found: readonly FoundGrant[], count: number): FoundGrant[] {
  const clients = new Map<string, FoundGrant[]>()
  for (const one of [...found].sort((a, b) => turn(a) - turn(b))) {
    const { client_id } = one.grant
    const own = clients.get(client_id)
    if (own === undefined) clients.set(client_id, [one])
    else own.push(one)
  }
  const surplus: FoundGrant[] = []
  while (surplus.length < count) {
    const [largest = []] = [...clients.values()].sort((a, b) => b.length - a.length)
    const first = largest.shift()
    if (first === undefined) break
    surplus.push(first)
  }
  return surplus
}

// Seconds: later than any end.
const LAST = 1e12

function turn({ grant }: FoundGrant): number {
  return grant.redeemed ? grant.expires_at : grant.expires_at + LAST
}
