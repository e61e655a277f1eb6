import type { FoundGrant } from './found-grant.ts'

// More applications, devices and forgotten logins than a person has. Beyond it (usually a script) a person's own oldest
// grants are ended, so that nobody else loses room.
export const MAX_OF_SUBJECT = 1000
// A fifth is ended at a time: otherwise each further grant would cost a look at all of them.
const LEFT_OF_SUBJECT = 800
// Unredeemed codes of one person and client: more tabs than anybody has open. A page that asks again and again must not
// end what the person uses.
const WAITING_OF_CLIENT = 16

/**
 * Chooses the grants of one person to end when there are too many: first the unredeemed codes beyond a few of each client;
 * then, again and again, of the client that holds most, the grant that expires first. So a client that loops ends its own
 * grants, and not what the person has with another.
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

/** Each client's grants, those that end first in front. */
function byClient(found: readonly FoundGrant[]): Map<string, FoundGrant[]> {
  return Map.groupBy(
    [...found].sort((a, b) => turn(a) - turn(b)),
    ({ grant }) => grant.client_id,
  )
}

// Seconds: later than any end.
const LAST = 1e12

// A grant whose code is not redeemed yet comes last: its client is about to redeem it, or it ends by itself in a minute.
function turn({ grant }: FoundGrant): number {
  return grant.redeemed ? grant.expires_at : grant.expires_at + LAST
}
