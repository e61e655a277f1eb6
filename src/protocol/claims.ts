import { OAuthError } from './errors.ts'

/** The claims that each standard scope asks for (OpenID Connect Core §5.4). */
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

const CLAIMS_OF_SCOPE = new Map<string, readonly string[]>(Object.entries(SCOPE_CLAIMS))

const SCOPE_OF_CLAIM = new Map(
  [...CLAIMS_OF_SCOPE].flatMap(([scope, claims]) => claims.map((claim) => [claim, scope] as const)),
)

/** The scopes of OpenID Connect that stand for a login and for claims; every server knows what they mean. */
export const STANDARD_SCOPES: readonly string[] = ['openid', ...CLAIMS_OF_SCOPE.keys()]

/** Every claim about a person that can be asked for. */
export const STANDARD_CLAIMS: readonly string[] = [...SCOPE_OF_CLAIM.keys()]

/** The claims that a scope asks for. */
export function claimsOfScope(scope: string): readonly string[] {
  return scope.split(' ').flatMap((one) => CLAIMS_OF_SCOPE.get(one) ?? [])
}

/** The standard claims asked for by name, and where each is wanted. Kept in the grant: names only. */
export interface ClaimsRequest {
  readonly userinfo: readonly string[]
  readonly id_token: readonly string[]
}

/** The `claims` parameter (OpenID Connect Core §5.5). */
export interface ReadClaims {
  claims: ClaimsRequest | null
  /** The `sub`s of which the answer must be about one; undefined for anybody's. */
  subjects: readonly string[] | undefined
  /** The acr values of which one is essential. */
  acr: readonly string[] | undefined
}

/**
 * Parses `claims`; `allowed` is the client's scope: a claim of a scope that it may not ask for is left out, as an
 * unknown one is (§5.5: not an error). Throws `invalid_request`.
 */
export function readClaims(text: string | undefined, allowed: string): ReadClaims {
  if (text === undefined) return { claims: null, subjects: undefined, acr: undefined }
  const members = object(parse(text), 'claims')
  const userinfo = optional(members.userinfo, 'userinfo')
  const id_token = optional(members.id_token, 'id_token')
  const claims = {
    userinfo: claimsWithin(Object.keys(userinfo), allowed),
    id_token: claimsWithin(Object.keys(id_token), allowed),
  }
  const acr = detail(id_token.acr, 'acr')
  return {
    claims: claims.userinfo.length + claims.id_token.length === 0 ? null : claims,
    subjects: subjectsOf([id_token.sub, userinfo.sub]),
    acr: acr?.essential === true ? strings(acr.values ?? acr.value) : undefined,
  }
}

// §5.5.1: `value` is one, `values` a set of which it is one. Whoever all of them name; it must be somebody, or the answer
// would be about a person that the client did not ask for.
function subjectsOf(members: readonly unknown[]): readonly string[] | undefined {
  const sets = members.flatMap((member) => {
    const { value, values } = detail(member, 'sub') ?? {}
    return [...(value == null ? [] : [texts([value])]), ...(values == null ? [] : [texts(values)])]
  })
  const [first, ...others] = sets
  const subjects = first && [...others.reduce((left, set) => left.intersection(new Set(set)), new Set(first))]
  if (subjects?.length === 0) throw new OAuthError('invalid_request', 'claims asks for different people')
  return subjects
}

function texts(value: unknown): readonly string[] {
  if (Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === 'string')) return value
  throw new OAuthError('invalid_request', 'sub in the claims parameter has a value that is not text')
}

/** Those of the claims whose scope is one of `allowed`'s. */
export function claimsWithin(names: readonly string[], allowed: string): readonly string[] {
  const scopes = allowed.split(' ')
  return names.filter((name) => scopes.includes(SCOPE_OF_CLAIM.get(name) ?? ' '))
}

/** The scopes that stand for claims asked for by name: what the consent page must say beside the scope. */
export function scopeOfClaims(claims: ClaimsRequest | null): string {
  const names = claims === null ? [] : [...claims.userinfo, ...claims.id_token]
  return [...new Set(names.map((name) => SCOPE_OF_CLAIM.get(name) as string))].join(' ')
}

type Members = Record<string, unknown>

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new OAuthError('invalid_request', 'claims is not JSON')
  }
}

function object(value: unknown, name: string): Members {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Members
  throw new OAuthError('invalid_request', `${name} in the claims parameter is not an object`)
}

function optional(value: unknown, name: string): Members {
  return value === undefined || value === null ? {} : object(value, name)
}

function detail(value: unknown, name: string): Members | undefined {
  return value === undefined || value === null ? undefined : object(value, name)
}

function strings(value: unknown): string[] | undefined {
  if (value === undefined) return undefined
  return [value].flat().filter((one): one is string => typeof one === 'string')
}
