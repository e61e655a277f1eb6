import type { Ask } from '../authorization/ask.ts'
import { resourceSentences } from '../authorization/resource-sentences.ts'
import { scopeSentences } from '../authorization/scope-sentences.ts'
import { seenOf } from '../clients/client.ts'
import { type Approved, unapproved } from '../consents/approved.ts'
import type { AccountView } from '../http/views/view.ts'
import { redirectHost } from '../protocol/redirect-uri.ts'
import { OWN_RESOURCE, resourceKey } from '../protocol/resource.ts'
import { scopeDifference, scopeIntersection } from '../protocol/scope.ts'
import type { Resources } from '../resources/resources.ts'
import type { Words } from '../texts/text.ts'
import type { PersonStep } from './step.ts'

interface ConsentContext {
  /** Sentences for scopes, from the configuration. */
  scopes: Readonly<Record<string, string | Words>>
  resources: Pick<Resources, 'find'>
}

// The value of the choice that has none; `Parameters` reads an empty one as absent.
const NO_END = 'none'

/** `/consent`: the person's decision. */
export function consentStep(context: ConsentContext): PersonStep<'consent'> {
  const sentencesFor = (account: AccountView) => (resource: readonly string[], scope: string) => [
    ...resourceSentences(resource, context.resources),
    ...scopeSentences(scope, context.scopes, account),
  ]
  return {
    name: 'consent',
    path: '/consent',
    view: 'consent',
    speaksFor: 'person',
    // With what the person was asked, and by whom: by the time of the post a client may have more scopes, or
    // another name, or stay for longer.
    shown: ({ digest, consent_scope, stays, client }) =>
      JSON.stringify([digest, consent_scope, stays, client && seenOf(client), client?.consent_lifetimes]),
    page: (ask, { login_href, approved, ...common }) => {
      const sentences = sentencesFor(common.account)
      return {
        ...common,
        switch_href: login_href,
        scopes: sentences(ask.resource ?? [], ask.consent_scope),
        ...(approved !== undefined && parted(ask, approved, sentences)),
        stays: ask.stays,
        lifetimes: ask.client?.consent_lifetimes ?? [],
        redirect_host: ask.destination === undefined ? undefined : redirectHost(ask.destination),
        introduced: introducedFrom(ask),
        document_host: documentHost(ask),
      }
    },
    async submit(form, { ask }) {
      const decision = form.one('decision')
      if (decision === 'deny') return { result: 'decided', decision }
      const lifetime = chosenLifetime(form.one('lifetime'), ask)
      return decision === 'approve' && lifetime !== 'misfit'
        ? { result: 'decided', decision, lifetime }
        : { result: 'misfit' }
    },
  }
}

// Seconds; undefined for no end, as on a page that has no choice. Nothing else counts than what the page has offered.
function chosenLifetime(sent: string | undefined, { client }: Ask): number | undefined | 'misfit' {
  if (sent === undefined || sent === NO_END) return undefined
  return client?.consent_lifetimes.find((offered) => String(offered) === sent) ?? 'misfit'
}

// Whoever sends somebody to a site can be named by it; what listens on the device itself can be any program.
function introducedFrom({ client, destination }: Ask): 'site' | 'device' | undefined {
  if (!client?.introduced || destination === undefined) return undefined
  return destination.startsWith('https:') ? 'site' : 'device'
}

// Who controls that host decides what the application is called, and where it sends people.
function documentHost({ client }: Ask): string | undefined {
  return client?.introduced?.document && new URL(client.client_id).host
}

/** What is asked for, in what is new and what the person has approved before: nothing is left out, for they approve all of it. */
function parted<S>(
  { resource = [], consent_scope, approval }: Ask,
  approved: Approved,
  sentences: (resource: readonly string[], scope: string) => readonly S[],
) {
  const fresh = unapproved(approved, approval)
  const others = resource.filter((one) => one !== OWN_RESOURCE)
  const isFresh = (one: string) => fresh.resources.has(resourceKey(one))
  const known = others.filter((one) => !isFresh(one))
  return {
    added: sentences(others.filter(isFresh), scopeIntersection(consent_scope, fresh.scope)),
    known: sentences(known, scopeDifference(consent_scope, fresh.scope)),
  }
}
