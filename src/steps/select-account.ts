import { withProof } from '../sessions/session.ts'
import type { Sessions } from '../sessions/sessions.ts'
import type { PersonStep } from './step.ts'

/** `/select-account`: the person goes on with the account that is shown. Another one is a login. */
export function selectAccountStep({ sessions }: { sessions: Sessions }): PersonStep<'select-account'> {
  return {
    name: 'select_account',
    path: '/select-account',
    view: 'select-account',
    speaksFor: 'person',
    shown: ({ digest }) => digest,
    page: (_ask, { login_href, ...common }) => ({ ...common, other_href: login_href }),
    async submit(_form, { ask, visitor, now }) {
      const proof = { request_digest: ask.digest, step: 'select_account' as const, at: now }
      await sessions.update(visitor.current, now, (session) =>
        session === undefined
          ? { answer: undefined }
          : { next: withProof(session, proof), answer: undefined },
      )
      return { result: 'back' }
    },
  }
}
