import type { PersonStep } from './step.ts'

/**
 * `/not-allowed`: the person may not use this client. They go back to it with a refusal, or log in as somebody else.
 * `groups`: sentences for groups, from the configuration.
 */
export function notAllowedStep({
  groups,
}: {
  groups: () => Readonly<Record<string, string>>
}): PersonStep<'not-allowed'> {
  return {
    name: 'not_allowed',
    path: '/not-allowed',
    view: 'not-allowed',
    speaksFor: 'person',
    shown: ({ digest }) => digest,
    page({ client }, { login_href, ...common }) {
      const sentences = groups()
      const named = [...(client?.allowed_groups ?? [])].flatMap((name) =>
        Object.hasOwn(sentences, name) ? [sentences[name] as string] : [],
      )
      return { ...common, other_href: login_href, groups: named }
    },
    submit: async () => ({ result: 'decided', decision: 'deny' }),
  }
}
