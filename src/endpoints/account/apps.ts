import { resourceSentences } from '../../authorization/resource-sentences.ts'
import { scopeSentences } from '../../authorization/scope-sentences.ts'
import { approvalsEnd, type Client, type Clients } from '../../clients/client.ts'
import { consentIdsOf } from '../../clients/consent-ids.ts'
import { approvedTerms } from '../../consents/approved.ts'
import { type Consent, type Consents, hasLapsed } from '../../consents/consents.ts'
import type { SecurityEvent } from '../../events/events.ts'
import { revokedEvent } from '../../grants/found-grant.ts'
import { approvedAt } from '../../grants/grantor.ts'
import type { Grants } from '../../grants/grants.ts'
import type { Visitor } from '../../logins/visitors.ts'
import { resourceKey } from '../../protocol/resource.ts'
import { scopeUnion } from '../../protocol/scope.ts'
import { namedTerms, termsOf } from '../../protocol/terms.ts'
import type { Resources } from '../../resources/resources.ts'
import type { Words } from '../../texts/text.ts'
import { isOlder } from '../../users/since.ts'
import { clientView } from '../shown.ts'

export interface AppsContext {
  clients: Clients
  grants: Grants
  consents: Consents
  scopes: Readonly<Record<string, string | Words>>
  resources: Pick<Resources, 'find'>
}

/** What of a person's permissions one application has. Times are in seconds. */
export interface App {
  client: Client
  scope: string
  resource: ReadonlySet<string>
  since: number
  /** When it last got tokens, as far as that is kept. */
  last_used?: number
  /** When all of it ends by itself. */
  until?: number
}

/** The applications that have access to a person's account, or would get it without a question. `now` in seconds. */
export async function appsOf({ account, user }: Visitor, now: number, context: AppsContext): Promise<App[]> {
  const { clients, grants, consents } = context
  // Decisions too: an application whose access has ended still gets in again without a question.
  const found = await Promise.all([grants.ofSubject(account.sub, now), consents.ofSubject(account.sub, now)])
  const granted = found[0].map(({ grant }) => grant).filter(({ auth_time }) => !isOlder(auth_time, user))
  const approved = found[1].filter(
    (consent) => !isOlder(consent.granted_at, user) && !hasLapsed(consent, now),
  )
  const own = [
    ...granted.map((grant) => ({
      client_id: grant.client_id,
      at: approvedAt(grant),
      used: grant.refresh?.rotations[0] ?? grant.created_at,
      until: grant.ends_at,
      ...termsOf(grant),
    })),
    ...approved.map((consent) => ({
      client_id: consent.client_id,
      at: consent.granted_at,
      used: undefined,
      until: consent.ends_at ?? null,
      ...approvedTerms(consent),
    })),
  ]
  const consentId = await consentIdsOf(
    clients,
    own.map(({ client_id }) => client_id),
  )
  const grouped = Map.groupBy(own, ({ client_id }) => consentId(client_id))
  const apps = [...grouped.values()].map(async (all) => {
    const client = await clients.find(all[0]?.client_id ?? '')
    const counting = client ? all.filter(({ at }) => at >= approvalsEnd(client)) : []
    if (client === undefined || counting.length === 0) return []
    const used = counting.flatMap((one) => one.used ?? [])
    const ends = counting.map(({ until }) => until)
    const app: App = {
      client,
      scope: counting.map((one) => one.scope).reduce(scopeUnion),
      resource: new Set(counting.flatMap((one) => one.resource?.map(resourceKey) ?? [])),
      since: Math.min(...counting.map(({ at }) => at)),
      ...(used.length > 0 && { last_used: Math.max(...used) }),
      ...(ends.every((end) => end !== null) && { until: Math.max(...ends) }),
    }
    return [app]
  })
  return (await Promise.all(apps)).flat().sort((one, other) => (other.last_used ?? 0) - (one.last_used ?? 0))
}

/** What a page shows of one. */
export function appView({ client, scope, resource, since, last_used, until }: App, context: AppsContext) {
  // Without its logo: this page loads nothing from the applications that it lists.
  const { logo_uri: _, ...view } = clientView(client)
  return {
    client: view,
    client_id: client.client_id,
    scopes: [
      ...resourceSentences([...resource], context.resources),
      ...scopeSentences(scope, context.scopes),
    ],
    ...{ since, last_used, until },
  }
}

/**
 * Takes away what a person has given to these clients, by every id that they have: the decision first, then what it has led to. `now` in
 * seconds.
 */
export async function takeBack(
  sub: string,
  client_ids: readonly string[],
  { clients, consents, grants, now }: { clients: Clients; consents: Consents; grants: Grants; now: number },
): Promise<SecurityEvent[]> {
  const named = await consentIdsOf(clients, client_ids)
  const meant = new Set(client_ids.map(named))
  const forgotten: Consent[] = []
  for (const consent_id of meant) {
    const consent = await consents.forget(sub, consent_id)
    if (consent !== undefined) forgotten.push(consent)
  }
  const found = await grants.ofSubject(sub, now)
  const consentId = await consentIdsOf(
    clients,
    found.map(({ grant }) => grant.client_id),
  )
  const revoked = await grants.revokeAll(found.filter(({ grant }) => meant.has(consentId(grant.client_id))))
  return [
    ...forgotten.map((consent): SecurityEvent => {
      const { client_id } = consent
      return { event: 'consent_revoked', client_id, sub, ...namedTerms(approvedTerms(consent)) }
    }),
    ...revoked.map((one) => revokedEvent(one, 'by the person')),
  ]
}
