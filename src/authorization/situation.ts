import { approvalsEnd, consentIdOf, seenOf } from '../clients/client.ts'
import type { Subjects } from '../clients/subjects.ts'
import { type Consents, hasLapsed } from '../consents/consents.ts'
import { admits } from '../grants/admission.ts'
import type { Visitor } from '../logins/visitors.ts'
import type { ScopeClaims } from '../protocol/claims.ts'
import { livingProofs, withoutProofs } from '../sessions/session.ts'
import type { Sessions } from '../sessions/sessions.ts'
import { isOlder } from '../users/since.ts'
import { type Ask, askTo } from './ask.ts'
import type { Situation } from './next-step.ts'

/** Finds what the next step of an ask depends on. `now` in seconds. */
export type FindSituation = <A extends Ask>(
  ask: A,
  visitor: Visitor | undefined,
  now: number,
) => Promise<Situation<A>>

/** Finds it in the visitor's session and what the person has consented to before. */
export function situationFinder(context: {
  consents: Consents
  subjects: Subjects
  scopes: ScopeClaims
}): FindSituation {
  const { consents, subjects, scopes } = context
  return async (ask, visitor, now) => {
    if (visitor === undefined) {
      return {
        ask,
        account: undefined,
        admitted: true,
        consented: undefined,
        lapsed: false,
        stranger: false,
        proofs: [],
        now,
      }
    }
    const { account, current, user } = visitor
    const { client } = ask
    const own = askTo(ask, user, scopes)
    const found = client && (await consents.find(account.sub, consentIdOf(client), now))
    const counts =
      found &&
      client &&
      !isOlder(found.granted_at, user) &&
      found.granted_at >= approvalsEnd(client) &&
      found.seen === seenOf(client)
    const consent = counts ? found : undefined
    const lapsed = consent !== undefined && hasLapsed(consent, now)
    const consented = lapsed ? undefined : consent
    const stranger =
      client !== undefined && ask.subjects?.includes(subjects.of(client, account.sub)) === false
    const proofs = livingProofs(current.session, now)
    // Nothing of what is asked for is theirs to grant: as if the client were for others.
    const nothing = own.scope === '' && ask.scope !== ''
    const admitted = client === undefined || (admits(client, user) && !nothing)
    return { ask: own, account, admitted, consented, lapsed, stranger, proofs, now }
  }
}

/** Spends the proofs of an ask that is refused: the same URL then begins anew. */
export async function spendProofs(
  sessions: Sessions,
  { ask, now }: Situation,
  visitor: Visitor,
): Promise<void> {
  await sessions.update(visitor.current, now, (session) => {
    const next = session && withoutProofs(session, ask.digest)
    return next === undefined || next === session ? { answer: undefined } : { next, answer: undefined }
  })
}
