import { translationsIn } from '../../config/in-languages.ts'
import { OAuthError } from '../../protocol/errors.ts'
import { redirectUriProblem } from '../../protocol/redirect-uri.ts'
import { scopeTokens } from '../../protocol/scope.ts'
import { type NarrowedAuthentication, narrowedAuthentication } from './authentication.ts'

const GRANT_TYPES = ['authorization_code', 'refresh_token']
const LINKS = ['client_uri', 'policy_uri', 'tos_uri'] as const

/**
 * What a client that introduced itself is registered with: nothing else, whatever it asked for. With `private_key_jwt` it has `jwks` or
 * `jwks_uri`, and may have `token_endpoint_auth_methods_supported`, if it may also send no assertion.
 */
export interface NarrowedMetadata extends NarrowedAuthentication {
  readonly client_name: string
  readonly redirect_uris: readonly string[]
  readonly grant_types: readonly string[]
  readonly scope: string
  readonly client_uri?: string
  readonly policy_uri?: string
  readonly tos_uri?: string
}

// Characters, and URIs.
const MAX_NAME = 100
const MAX_URI = 500
// Who knows no free port of a loopback (RFC 8252 §7.3) registers each port that it may take, under both names of the host.
const MAX_URIS = 32

/**
 * Narrows what a client says of itself to what anybody may have who only knows our address: the code flow, refresh tokens, and the
 * scopes in `offered`. What is more, or unknown, is left out, not refused: one grant type too many in a well-known document must not
 * shut out everybody who uses it. `kind`: who says it; nobody can have a secret by a document. Throws `OAuthError` if nothing usable
 * remains, and for an unsafe redirect URI.
 */
export function narrowed(
  metadata: unknown,
  offered: readonly string[],
  kind: 'registration' | 'document' = 'registration',
): NarrowedMetadata {
  if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata))
    throw wrong('the body is not a JSON object')
  const given = metadata as Readonly<Record<string, unknown>>
  const redirect_uris = redirectUrisOf(given.redirect_uris)
  // Nothing is fetched for a stranger, and all of its people have the same sub without it.
  if ((given.sector_identifier_uri ?? undefined) !== undefined)
    throw wrong('sector_identifier_uri is not for clients that register themselves; leave it out')
  usable(given, 'grant_types', ['authorization_code'])
  usable(given, 'response_types', ['code'])
  const links = LINKS.flatMap((name) => (isLink(given[name]) ? [[name, given[name]]] : []))
  return {
    client_name: nameOf(given.client_name, redirect_uris),
    redirect_uris,
    grant_types: listOf(given, 'grant_types')?.filter((one) => GRANT_TYPES.includes(one)) ?? GRANT_TYPES,
    ...narrowedAuthentication(given, kind),
    scope: scopeOf(given.scope, offered),
    ...Object.fromEntries(links),
    ...namesIn(given, redirect_uris),
  }
}

/** The application's type (OpenID Connect Registration §2), which follows from where it may be sent back to. */
export function applicationType({
  redirect_uris,
}: Pick<NarrowedMetadata, 'redirect_uris'>): 'native' | 'web' {
  return redirect_uris.every((uri) => uri.startsWith('https:')) ? 'web' : 'native'
}

// Applications of the device whose makers chose a scheme without a dot (RFC 8252 §7.1 wants one): editors, which have it for their
// extensions too, and agents.
const KNOWN_SCHEMES = new Set(
  [
    ...['vscode', 'vscode-insiders', 'vscodium', 'cursor', 'windsurf', 'zed', 'kiro', 'antigravity', 'trae'],
    ...['warp', 'grokbot', 'raycast'],
  ].map((one) => `${one}:`),
)

function redirectUrisOf(value: unknown): readonly string[] {
  const uris = Array.isArray(value) ? [...new Set(value)] : []
  if (uris.length === 0) throw unsafe('redirect_uris is missing, or no list of URIs')
  if (uris.length > MAX_URIS) throw unsafe(`redirect_uris has more than ${MAX_URIS} URIs`)
  for (const [at, uri] of uris.entries()) {
    const name = `redirect_uris[${at}]`
    if (typeof uri !== 'string') throw unsafe(`${name} is not a text`)
    if (uri.length > MAX_URI) throw unsafe(`${name} has more than ${MAX_URI} characters`)
    const problem = redirectUriProblem(uri)
    if (problem !== undefined) throw unsafe(`${name} ${problem}`)
  }
  // Some register every address that they may ever use: the others must work although one is of a scheme that nobody knows.
  const usable = uris.filter(isOfItsOwnScheme)
  if (usable.length > 0) return usable
  const { protocol } = new URL(uris[0])
  throw unsafe(
    `redirect_uris[0] uses the scheme ${protocol}, which any application could have; use one with a dot, as com.example.app:`,
  )
}

function isOfItsOwnScheme(uri: string): boolean {
  const { protocol } = new URL(uri)
  return /^https?:$/.test(protocol) || protocol.includes('.') || KNOWN_SCHEMES.has(protocol)
}

/** Refuses a list that has none of what there is. */
function usable(given: Readonly<Record<string, unknown>>, name: string, needed: readonly string[]): void {
  const list = listOf(given, name)
  if (list !== undefined && !list.some((one) => needed.includes(one)))
    throw wrong(
      `${name} has nothing that a client may have that registers itself; ask for ${needed.join(', ')}`,
    )
}

function listOf(given: Readonly<Record<string, unknown>>, name: string): string[] | undefined {
  const value = given[name]
  if (value === undefined || value === null) return undefined
  if (!Array.isArray(value)) throw wrong(`${name} is no list`)
  return [...new Set(value.filter((one) => typeof one === 'string'))]
}

function scopeOf(value: unknown, offered: readonly string[]): string {
  if (value !== undefined && value !== null && typeof value !== 'string') throw wrong('scope is not a text')
  const asked = typeof value === 'string' ? scopeTokens(value) : offered
  const kept = offered.filter((scope) => asked.includes(scope))
  return (kept.length > 0 ? kept : offered).join(' ')
}

// What turns or hides text, or looks like none; and marks in a heap, which would cover the lines above and below. No script needs more
// than six on one letter.
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/gu
const HEAPED = /(?<=\p{M}{6})\p{M}+/gu

function nameOf(value: unknown, [first = '']: readonly string[]): string {
  const text = typeof value === 'string' ? value : ''
  const name = text.replace(UNSEEN, '').replace(HEAPED, '').replace(/\s+/g, ' ').trim()
  return [...(name === '' ? new URL(first).host || first.slice(0, first.indexOf(':')) : name)]
    .slice(0, MAX_NAME)
    .join('')
}

// As RFC 7591 §2.2 has them, of the languages that our pages have.
function namesIn(given: Readonly<Record<string, unknown>>, redirect_uris: readonly string[]): object {
  const names = Object.entries(translationsIn(given, 'client_name') ?? {})
  return Object.fromEntries(
    names.map(([language, name]) => [`client_name#${language}`, nameOf(name, redirect_uris)]),
  )
}

function isLink(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_URI && URL.parse(value)?.protocol === 'https:'
}

function wrong(message: string): OAuthError {
  return new OAuthError('invalid_client_metadata', message)
}

function unsafe(message: string): OAuthError {
  return new OAuthError('invalid_redirect_uri', message)
}
