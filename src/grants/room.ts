import type { FoundGrant } from './found-grant.ts'

// More applications, devices and forgotten logins than a person has. Whoever goes on beyond it, a script mostly, ends
// their own oldest logins, and not the room that others need.
export const MAX_OF_SUBJECT = 1000
// A fifth at a time: else each further grant would cost a look at all of them.
const LEFT_OF_SUBJECT = 800
// Codes of one person and client that wait to be redeemed: more tabs than anybody has. A page that asks again and again
// must not push out what the person uses.
const WAITING_OF_CLIENT = 16

/**
 * The grants of one person that give way when there are too many. First the codes that nobody comes for, beyond a few of
 * each client; then, of the client that has most, the grant that ends first, again and again. So a client that loops ends
 * its own, and not what the person has with another.
 */
export function surplusOf(found: readonly FoundGrant[]): FoundGrant[] {
  const idle = [...byClient(found.filter(({ grant }) => !grant.redeemed)).values()]
  const surplus = idle.flatMap((waiting) => waiting.slice(0, -WAITING_OF_CLIENT))
  const gone = new Set(surplus)
  const clients = byClient(found.filter((grant) => !gone.has(grant)))
  while (found.length - surplus.length > LEFT_OF_SUBJECT) {
    const [largest = []] = [...clients.values()].sort((a, b) => b.length - a.length)
    const first = largest.shift()
    if (first === undefined) break
    surplus.push(first)
  }
  return surplus
}

/** Each client's, those that end first in front. */
function byClient(found: readonly FoundGrant[]): Map<string, FoundGrant[]> {
  return Map.groupBy(
    [...found].sort((a, b) => turn(a) - turn(b)),
    ({ grant }) => grant.client_id,
  )
}

// Seconds: later than any end.
const LAST = 1e12

// What waits for its code's redemption goes last: it ends by itself in a minute, and somebody is about to come for it.
function turn({ grant }: FoundGrant): number {
  return grant.redeemed ? grant.expires_at : grant.expires_at + LAST
}
