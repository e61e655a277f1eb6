import type { PersonStep } from './step.ts'

/** `/not-allowed`: the person may not use this client. They go back to it with a refusal, or log in as somebody else. */
export function notAllowedStep(): PersonStep<'not-allowed'> {
  return {
    name: 'not_allowed',
    path: '/not-allowed',
    view: 'not-allowed',
    speaksFor: 'person',
    shown: ({ digest }) => digest,
    page: (_ask, { login_href, ...common }) => ({ ...common, other_href: login_href }),
    submit: async () => ({ result: 'decided', decision: 'deny' }),
  }
}
