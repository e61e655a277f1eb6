import { scopeTokens } from '../protocol/scope.ts'
import { say, type Text, type TextKey } from '../texts/text.ts'

/** What the standard scopes let an application do, in the person's words. */
const STANDARD = {
  openid: 'scope.openid',
  profile: 'scope.profile',
  email: 'scope.email',
  address: 'scope.address',
  phone: 'scope.phone',
  groups: 'scope.groups',
  roles: 'scope.roles',
  offline_access: 'scope.offline_access',
} as const satisfies Record<string, TextKey>

/** One sentence for each scope: the configuration's, else the standard one, else its name. */
export function scopeSentences(
  scope: string,
  configured: Readonly<Record<string, string>>,
): readonly (Text | string)[] {
  return scopeTokens(scope).map((token) => {
    if (Object.hasOwn(configured, token)) return configured[token] as string
    return isStandard(token) ? say(STANDARD[token]) : say('scope.other', { scope: token })
  })
}

function isStandard(token: string): token is keyof typeof STANDARD {
  return Object.hasOwn(STANDARD, token)
}
