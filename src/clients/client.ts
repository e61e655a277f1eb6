import type { JSONWebKeySet } from 'jose'
import type { AssertionAlgorithm, SigningAlgorithm } from '../protocol/algorithms.ts'
import { isLoopbackRedirect } from '../protocol/redirect-uri.ts'
import type { ResponseType } from '../protocol/response-type.ts'
import type { ReadDocument } from './documents/documents.ts'
import type { ClientSecret } from './secret.ts'

/** The lifetimes that apply to one client, in seconds. */
export interface Lifetimes {
  access_token_ttl: number
  refresh_token_ttl: number
  authorization_code_ttl: number
  /** How long after its rotation a refresh token still gets the same successor; 0 = strict. */
  refresh_token_grace: number
  /** The longest a grant lives, however often it is refreshed; 0 = no limit. */
  grant_max_ttl: number
}

export type TokenEndpointAuthMethod =
  | 'client_secret_basic'
  | 'client_secret_post'
  | 'private_key_jwt'
  | 'none'

/** The public keys of a client, or where they are. */
export type KeySource = { readonly jwks: JSONWebKeySet } | { readonly jwks_uri: string }

/**
 * What a client that may change it by itself says now of its keys. `now` in seconds; `tried`: what did not fit, if there may be
 * something newer by now. Throws `OAuthError` if it has none any more, and `TemporarilyUnavailable`.
 */
export type CurrentKeys = (now: number, tried?: KeySource) => Promise<KeySource>

/** What the assertions of a client are verified with (`private_key_jwt`). */
export interface ClientKeys {
  readonly source: KeySource | { readonly current: CurrentKeys }
  /** Absent: any that we know. */
  readonly signing_alg?: AssertionAlgorithm
  /** Whether `aud` must be the issuer, and not the URL of the token endpoint. */
  readonly issuer_audience: boolean
}

/** A registered client, complete: every default is filled in. */
export interface Client {
  readonly client_id: string
  readonly client_name: string
  /** The same in other languages, by BCP 47 tag. */
  readonly client_names?: Readonly<Record<string, string>>
  readonly logo_uri?: string
  readonly client_uri?: string
  readonly policy_uri?: string
  readonly tos_uri?: string
  readonly redirect_uris: readonly string[]
  readonly grant_types: ReadonlySet<string>
  /** Whether one of its grant types issues tokens that speak for no person. */
  readonly own_tokens: boolean
  readonly scope: string
  /** What it gets if it names no scope. */
  readonly default_scope: string
  /** How it may authenticate. A public client has `none` (RFC 6749 §2.1), and no secret. */
  readonly auth_methods: readonly TokenEndpointAuthMethod[]
  readonly secret: ClientSecret | undefined
  /** With `private_key_jwt`, and then there is no secret. */
  readonly keys: ClientKeys | undefined
  readonly require_pkce: boolean
  readonly allow_plain_pkce: boolean
  readonly skip_consent: boolean
  readonly trust_loopback: boolean
  readonly introspect_any: boolean
  readonly response_types: ReadonlySet<ResponseType>
  readonly id_token_signed_response_alg: SigningAlgorithm
  /** Absent: userinfo answers JSON. */
  readonly userinfo_signed_response_alg?: SigningAlgorithm
  /** `jwt`: RFC 9068. */
  readonly access_token_format: 'opaque' | 'jwt'
  readonly access_token_signed_response_alg: SigningAlgorithm
  /** `at+jwt` (RFC 9068 §2.1), or `JWT` for resource servers that know no other. */
  readonly access_token_typ: 'at+jwt' | 'JWT'
  /** Who may use it: members of one of these. Absent: everybody. */
  readonly allowed_groups?: ReadonlySet<string>
  /** Whether the claims of the granted scopes are in the ID tokens of the token endpoint, not at userinfo alone. */
  readonly claims_in_id_token: boolean
  /** What this client calls claims about a person, if it is something else. */
  readonly claim_names: Readonly<Record<string, string>>
  readonly claim_types: Readonly<Record<string, 'list' | 'string'>>
  /** What its own tokens say of it: any JSON, by name. */
  readonly claims: Readonly<Record<string, unknown>>
  /** The sector (OpenID Connect Core §8.1) of a client with pairwise subjects; absent for public ones. */
  readonly sector?: string
  readonly sector_identifier_uri?: string
  /** Seconds. */
  readonly default_max_age?: number
  readonly post_logout_redirect_uris: readonly string[]
  readonly backchannel_logout_uri?: string
  readonly frontchannel_logout_uri?: string
  readonly frontchannel_logout_session_required: boolean
  readonly lifetimes: Lifetimes
  /** Seconds, ascending: the ends that people may choose from when they approve it. */
  readonly consent_lifetimes: readonly number[]
  /** Seconds: what it was given before is over. */
  readonly ended_before?: number
  /** Nobody here has registered it: it says itself who it is. */
  readonly introduced?: Introduction
}

/** What is known of a client that introduced itself. */
export interface Introduction {
  /** What approvals of it are kept under: the same for every id that came of the same registration. */
  readonly consent_id: string
  /** What it gets of a resource's scopes if it names none: those that it has registered with. */
  readonly scope: string
  /** What its id is the address of, if it is one. */
  readonly document?: ReadDocument
}

/** What approvals of a client are kept under: its id, or what all ids of one registration have in common. */
export function consentIdOf({ client_id, introduced }: Client): string {
  return introduced?.consent_id ?? client_id
}

/** Digest of what people have seen of a client that may change by itself; undefined for one that cannot. */
export function seenOf({ introduced }: Client): string | undefined {
  return introduced?.document?.seen
}

/** Whether the client need not prove who it is (RFC 6749 §2.1): it may have keys, and use them or not. */
export function isPublic({ auth_methods }: Client): boolean {
  return auth_methods.includes('none')
}

/** Whether the client is an application on the person's own device (RFC 8252): public, and no redirect URI is a website's. */
export function isNative(client: Client): boolean {
  const onDevice = (uri: string) => !/^https?:/.test(uri) || isLoopbackRedirect(uri)
  return isPublic(client) && client.redirect_uris.length > 0 && client.redirect_uris.every(onDevice)
}

/**
 * Seconds: approvals of before count no more, because an operator has ended them together with what they led to. 0 for none. What an
 * operator has registered and then stopped is still the application that people approved.
 */
export function approvalsEnd({ introduced, ended_before = 0 }: Client): number {
  return introduced ? ended_before : 0
}

/** Where clients are found. An unknown id is undefined, never an error. */
export interface Clients {
  find(client_id: string): Promise<Client | undefined>
  /** For one that is not found: the rule by which an operator has blocked it, if that is why. */
  blockedBy(client_id: string): Promise<string | undefined>
}
