import { scopeTokens } from '../protocol/scope.ts'

/** What the standard scopes let an application do, in the person's words (OpenID Connect Core §5.4, §11). */
const STANDARD: Readonly<Record<string, string>> = {
  openid: 'Know who you are',
  profile: 'See your name and profile',
  email: 'See your email address',
  address: 'See your postal address',
  phone: 'See your phone number',
  offline_access: 'Stay connected while you are away',
}

/** One sentence for each scope: the configuration's, else the standard one, else its name. */
export function scopeSentences(
  scope: string,
  configured: Readonly<Record<string, string>>,
): readonly string[] {
  return scopeTokens(scope).map((token) => {
    if (Object.hasOwn(configured, token)) return configured[token] as string
    return Object.hasOwn(STANDARD, token) ? (STANDARD[token] as string) : `Use “${token}”`
  })
}
