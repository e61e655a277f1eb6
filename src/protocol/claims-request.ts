import { OAuthError } from './errors.ts'

/** The claims asked for by name, and where each is wanted. Kept in the grant: names only. */
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
 * Parses `claims`; `within` says which of the names the client may ask for: a claim of a scope that it may not have is left
 * out, as an unknown one is (§5.5: not an error). Throws `invalid_request`.
 */
export function readClaims(
  text: string | undefined,
  within: (names: readonly string[]) => readonly string[],
): ReadClaims {
  if (text === undefined) return { claims: null, subjects: undefined, acr: undefined }
  const members = object(parse(text), 'claims')
  const userinfo = optional(members.userinfo, 'userinfo')
  const id_token = optional(members.id_token, 'id_token')
  const claims = {
    userinfo: within(Object.keys(userinfo)),
    id_token: within(Object.keys(id_token)),
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
