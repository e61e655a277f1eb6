/** The claims that each standard scope asks for (OpenID Connect Core §5.4); groups and roles as RFC 9068 §2.2.3.1 has them. */
const SCOPE_CLAIMS = {
  profile: [
    'name',
    'family_name',
    'given_name',
    'middle_name',
    'nickname',
    'preferred_username',
    'profile',
    'picture',
    'website',
    'gender',
    'birthdate',
    'zoneinfo',
    'locale',
    'updated_at',
  ],
  email: ['email', 'email_verified'],
  address: ['address'],
  phone: ['phone_number', 'phone_number_verified'],
} as const

/** The scopes whose claims are lists that everybody has, if only empty ones: some applications refuse a login without them. */
export const LIST_CLAIMS = ['groups', 'roles'] as const

type ClaimName = (typeof SCOPE_CLAIMS)[keyof typeof SCOPE_CLAIMS][number]

/** The claims whose values are not text. */
interface OtherClaims {
  email_verified: boolean
  phone_number_verified: boolean
  address: Readonly<Record<string, string>>
  /** Seconds since the epoch. */
  updated_at: number
}

/** What is known of a person (OpenID Connect Core §5.1). */
export type StandardClaims = Readonly<
  Partial<Record<Exclude<ClaimName, keyof OtherClaims>, string> & OtherClaims>
>

/** The scopes of OpenID Connect that stand for a login and for claims; every server knows what they mean. */
export const STANDARD_SCOPES: readonly string[] = ['openid', ...Object.keys(SCOPE_CLAIMS)]

const STANDARD: ReadonlyMap<string, readonly string[]> = new Map(Object.entries(SCOPE_CLAIMS))

/** The standard claims of §5.1. */
export const STANDARD_CLAIMS: ReadonlySet<string> = new Set([...STANDARD.values()].flat())

/** Which claims the scopes of this server ask for. */
export interface ScopeClaims {
  /** Every claim about a person that can be asked for. */
  readonly names: readonly string[]
  /** The claims that a scope asks for. */
  ofScope(scope: string): readonly string[]
  /** Those of them that are no standard claims: groups, roles, and the operator's own. */
  ownOf(scope: string): readonly string[]
  /** Those of the claims that one of `allowed`'s scopes asks for. */
  within(names: readonly string[], allowed: string): readonly string[]
  /** The scopes that stand for claims asked for by name, each once: what the consent page must say beside the scope. */
  scopesOf(names: readonly string[]): string
}

/** The claims of the standard scopes, of `groups` and `roles`, and of these scopes of one's own. */
export function scopeClaims(own: Readonly<Record<string, readonly string[]>> = {}): ScopeClaims {
  const lists = LIST_CLAIMS.map((name) => [name, [name]] as const)
  const all = new Map<string, readonly string[]>([...STANDARD, ...lists, ...Object.entries(own)])
  const scopeOf = new Map(
    [...all].flatMap(([scope, claims]) => claims.map((claim) => [claim, scope] as const)),
  )
  const ofScope = kept((scope) => scope.split(' ').flatMap((token) => all.get(token) ?? []))
  const ownOf = kept((scope) => ofScope(scope).filter((name) => !STANDARD_CLAIMS.has(name)))
  return {
    names: [...scopeOf.keys()],
    ofScope,
    ownOf,
    within(names, allowed) {
      if (names.length === 0) return names
      const found = new Set(ofScope(allowed))
      return names.filter((name) => found.has(name))
    },
    scopesOf: (names) => [...new Set(names.map((name) => scopeOf.get(name) ?? ''))].filter(Boolean).join(' '),
  }
}

// Most requests are about a few scopes: each is looked at once, and any number of others forgotten.
function kept(find: (scope: string) => readonly string[]): (scope: string) => readonly string[] {
  const found = new Map<string, readonly string[]>()
  return (scope) => {
    const before = found.get(scope)
    if (before !== undefined) return before
    if (found.size >= MAX_KEPT) found.clear()
    const names = find(scope)
    found.set(scope, names)
    return names
  }
}

const MAX_KEPT = 1000

/** Whether the standard says what a scope asks for. */
export function isStandardScope(scope: string): boolean {
  return (
    STANDARD_SCOPES.includes(scope) ||
    scope === 'offline_access' ||
    LIST_CLAIMS.some((name) => name === scope)
  )
}
