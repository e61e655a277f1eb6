import type { Ask } from '../authorization/ask.ts'
import { scopeSentences } from '../authorization/scope-sentences.ts'
import { redirectHost } from '../protocol/redirect-uri.ts'
import type { PersonStep } from './step.ts'

/** `/consent`: the person's decision. `scopes`: sentences for scopes, from the configuration. */
export function consentStep({ scopes }: { scopes: Readonly<Record<string, string>> }): PersonStep<'consent'> {
  return {
    name: 'consent',
    path: '/consent',
    view: 'consent',
    speaksFor: 'person',
    // With what the person was asked: a client may have more scopes by the time of the post.
    shown: ({ digest, consent_scope }) => `${digest} ${consent_scope}`,
    page: (ask, { login_href, ...common }) => ({
      ...common,
      switch_href: login_href,
      scopes: scopeSentences(ask.consent_scope, scopes),
      stays: ask.stays,
      redirect_host: ask.destination === undefined ? undefined : redirectHost(ask.destination),
      introduced: introducedFrom(ask),
    }),
    async submit(form) {
      const decision = form.one('decision')
      return decision === 'approve' || decision === 'deny'
        ? { result: 'decided', decision }
        : { result: 'misfit' }
    },
  }
}

// Whoever sends somebody to a site can be named by it; what listens on the device itself can be any program.
function introducedFrom({ client, destination }: Ask): 'site' | 'device' | undefined {
  if (!client?.introduced || destination === undefined) return undefined
  return destination.startsWith('https:') ? 'site' : 'device'
}
