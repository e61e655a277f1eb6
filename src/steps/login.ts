import type { Notice } from '../http/views/view.ts'
import type { LoginGuard } from '../logins/login-guard.ts'
import { say } from '../texts/text.ts'
import type { OpenStep } from './step.ts'

// One sentence for a wrong user and a wrong password: which of them it was is nobody's business.
const WRONG: Notice = { tone: 'error', text: say('login.wrong') }

// Characters: longer than any user name, and anybody's text.
const MAX_NAME = 256

/** `/login`: who is it? Its form is bound to no account: it replaces whoever is there. */
export function loginStep(context: {
  guard: LoginGuard
  /** The demo's account, to show on the page. */
  demo: { username: string; password: string } | undefined
  /** Whether people may stay logged in when they close the browser. */
  canRemember: boolean
}): OpenStep<'login'> {
  const { guard, demo, canRemember } = context
  return {
    name: 'login',
    path: '/login',
    view: 'login',
    speaksFor: 'nobody',
    shown: ({ digest }) => digest,
    page({ login_hint, confirms = false }, { action, csrf, notice, client }, form) {
      const username = form?.one('username') ?? login_hint ?? ''
      return {
        action,
        csrf,
        notice,
        client,
        demo,
        confirms,
        canRemember,
        remembered: form?.one('remember') === 'on',
        username: username.length > MAX_NAME ? '' : username,
      }
    },
    async submit(form, { ask, address, device, now }) {
      const guess = { username: form.one('username') ?? '', address, device }
      const guessed = await guard.guess(guess, form.one('password') ?? '', now)
      if (guessed.result === 'right') {
        const remembered = canRemember && form.one('remember') === 'on'
        return { result: 'logged_in', user: guessed.user, amr: ['pwd'], remembered }
      }
      const about = { client_id: ask.client?.client_id, sub: guessed.sub }
      if (guessed.result === 'wrong')
        return { result: 'shown', notice: WRONG, status: 422, events: [{ event: 'login_failed', ...about }] }
      const { seconds } = guessed
      return {
        result: 'shown',
        notice: { tone: 'wait', text: say('login.wait', { time: { seconds } }), seconds },
        status: 429,
        retry_after: seconds,
        events: [{ event: 'login_throttled', ...about, seconds }],
      }
    },
  }
}
