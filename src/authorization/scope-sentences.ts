import { scopeTokens } from '../protocol/scope.ts'
import { say, type Text, type TextKey, type Words } from '../texts/text.ts'

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

/** What of a person a sentence can name: whoever is asked for their address sees which. */
export interface Shown {
  readonly name?: string
  readonly email?: string
  readonly phone_number?: string
}

/** One sentence for each scope: the configuration's, else the standard one, with what it is about, else its name. */
export function scopeSentences(
  scope: string,
  configured: Readonly<Record<string, string | Words>>,
  { name, email, phone_number }: Shown = {},
): readonly (Text | string | Words)[] {
  return scopeTokens(scope).map((token) => {
    if (Object.hasOwn(configured, token)) return configured[token] as string | Words
    if (token === 'profile' && name) return say('scope.profile_of', { name: isolated(name) })
    if (token === 'email' && email) return say('scope.email_of', { email: isolated(email) })
    if (token === 'phone' && phone_number)
      return say('scope.phone_of', { phone_number: isolated(phone_number) })
    return isStandard(token) ? say(STANDARD[token]) : say('scope.other', { scope: token })
  })
}

function isStandard(token: string): token is keyof typeof STANDARD {
  return Object.hasOwn(STANDARD, token)
}

// In a sentence that is written the other way it keeps its own (UAX #9: FSI, PDI).
function isolated(text: string): string {
  return `\u2068${text}\u2069`
}
