import type { LoginGuard } from '../logins/login-guard.ts'
import type { Resources } from '../resources/resources.ts'
import type { Sessions } from '../sessions/sessions.ts'
import type { Words } from '../texts/text.ts'
import { consentStep } from './consent.ts'
import { loginStep } from './login.ts'
import { notAllowedStep } from './not-allowed.ts'
import { selectAccountStep } from './select-account.ts'
import type { OpenStep, PersonStep } from './step.ts'

/** Every step, by the name that `nextStep` has for it. */
export type PageSteps = ReturnType<typeof pageSteps>

/** Makes the steps. `scopes`, `groups`: sentences for them; `demo`: the account to show on the login page. */
export function pageSteps(context: {
  guard: LoginGuard
  sessions: Sessions
  scopes: Readonly<Record<string, string | Words>>
  resources: Pick<Resources, 'find'>
  groups: () => Readonly<Record<string, string>>
  demo: { username: string; password: string } | undefined
  canRemember: boolean
}) {
  return {
    login: loginStep(context) satisfies OpenStep,
    select_account: selectAccountStep(context) satisfies PersonStep,
    not_allowed: notAllowedStep(context) satisfies PersonStep,
    consent: consentStep(context) satisfies PersonStep,
  }
}
