import type { Client, Clients } from '../clients/client.ts'
import type { SecurityEvent } from '../events/events.ts'
import { grantableScope } from '../grants/admission.ts'
import { revokedEvent } from '../grants/found-grant.ts'
import type { Grant } from '../grants/grant.ts'
import { findGrantor, isEnded } from '../grants/grantor.ts'
import type { Grants } from '../grants/grants.ts'
import { type AccessTokenFacts, accessTokenTerms } from '../grants/revoke.ts'
import { narrowTerms, type Terms, termsOf } from '../protocol/terms.ts'
import type { Resources } from '../resources/resources.ts'
import type { Keys } from '../secrets/keys.ts'
import { type Store, StoreUnavailable } from '../store/store.ts'
import { DISABLED } from '../users/standing.ts'
import type { User, Users } from '../users/user.ts'
import type { JwtAccessTokens, OpenedAccessToken } from './jwt-access-token.ts'
import {
  type ClientTokenFacts,
  openAccessToken,
  openClientToken,
  openRefreshToken,
  type RefreshTokenFacts,
} from './layouts.ts'
import { type TokenType, tokenType } from './token-type.ts'

/** What a genuine token is. It may still be expired or revoked. */
export type OpenedToken = OpenedAccessToken | { kind: 'refresh_token'; facts: RefreshTokenFacts }

/** A token that is good now. Times in seconds. */
export interface ActiveToken {
  client: Client
  terms: Terms
  expires_at: number
  issued_at?: number
  jti?: string
  user?: User
  /** The token's grant; absent if the token is the client's own. */
  grant?: Grant
  token_type?: TokenType
}

/** What is found out about a token, and the events if that has ended a grant. */
export interface Inspected {
  token: ActiveToken | undefined
  events: readonly SecurityEvent[]
}

const INACTIVE: Inspected = { token: undefined, events: [] }

/** Says what a token is and whether it is good now: every use asks the registries and the store again. */
export interface TokenInspector {
  /** Checks the proof inside a token, without the store. The prefix says the kind, so no hint can mislead. */
  open(text: string): Promise<OpenedToken | undefined>
  /** Returns the token as it stands now; no token if it is not good (any more). `now` in seconds. */
  inspect(opened: OpenedToken, now: number): Promise<Inspected>
  /**
   * Revokes a token of this client (RFC 7009 §2.1): a refresh token together with its whole grant, an access token alone.
   * Returns the events: none if the token is another client's, or was good no more.
   */
  revoke(opened: OpenedToken, client_id: string, now: number): Promise<readonly SecurityEvent[]>
}

/** Inspects the tokens that these parts issue and keep. */
export function inspectorOf(context: {
  keys: Keys
  store: Store
  grants: Grants
  clients: Clients
  users: Users
  resources: Resources
  jwts: JwtAccessTokens
}): TokenInspector {
  const { keys, store, grants, clients, users, resources, jwts } = context
  return {
    async open(text) {
      const access = openAccessToken(keys, text)
      if (access) return { kind: 'access_token', facts: access, jti: access.jti }
      const client = openClientToken(keys, text)
      if (client) return { kind: 'client_token', facts: client, jti: client.jti }
      const refresh = openRefreshToken(keys, text)
      return refresh ? { kind: 'refresh_token', facts: refresh } : jwts.open(text)
    },

    async inspect(opened, now) {
      if (opened.kind === 'client_token') return inspectClientToken(opened.facts, now)
      if (opened.kind === 'access_token' && opened.facts.expires_at <= now) return INACTIVE
      const id = opened.facts.grant_id
      const grant = await grants.find(id, now)
      if (grant === undefined) return INACTIVE
      const found =
        opened.kind === 'access_token'
          ? accessState(grant, opened.facts)
          : refreshState(grant, opened.facts, now)
      if (found === undefined) return INACTIVE
      const client = await clients.find(grant.client_id)
      const grantor = await findGrantor(users, grant, client ?? {})
      if (grantor.result === 'disabled') {
        await grants.revoke(id, grant.sub)
        return { token: undefined, events: [revokedEvent({ id, grant }, DISABLED)] }
      }
      // A client or person unknown here may be known to another node: the token is refused here, and the grant lives on.
      if (client === undefined || grantor.result === 'refused') return INACTIVE
      const { user } = grantor
      const jti = opened.kind === 'access_token' ? { jti: opened.jti } : {}
      const terms = termsNow(found.terms, grantableScope(client.scope, user))
      if (terms === undefined) return INACTIVE
      return { token: { ...found, ...jti, client, user, grant, terms }, events: [] }
    },

    async revoke(opened, client_id, now) {
      if (opened.kind === 'client_token') {
        if (opened.facts.client_id !== client_id || opened.facts.expires_at <= now) return []
        // The registry's own text, which all records can share.
        await revokeClientToken({ ...opened.facts, client_id }, now)
        return [{ event: 'token_revoked', client_id, jti: opened.jti }]
      }
      const id = opened.facts.grant_id
      const grant = await grants.find(id, now)
      if (grant?.client_id !== client_id) return []
      if (opened.kind === 'refresh_token') {
        await grants.revoke(id, grant.sub)
        return [revokedEvent({ id, grant }, 'by the client')]
      }
      const revoked = await grants.revokeAccessToken(opened.facts, now)
      const { jti } = opened
      return revoked ? [{ event: 'token_revoked', client_id, sub: grant.sub, grant_id: id, jti }] : []
    },
  }

  async function inspectClientToken(facts: ClientTokenFacts, now: number): Promise<Inspected> {
    if (facts.expires_at <= now) return INACTIVE
    const client = await clients.find(facts.client_id)
    if (!client?.own_tokens || isEnded(client, facts.issued_at) || (await isRevoked(facts.jti, now)))
      return INACTIVE
    const { issued_at, expires_at, jti } = facts
    const terms = termsNow(facts.terms, client.scope)
    if (terms === undefined) return INACTIVE
    return { token: { client, terms, issued_at, expires_at, jti, token_type: tokenType() }, events: [] }
  }

  // What a client may have now of this scope; undefined if the token is for a resource that is unknown here.
  function termsNow(terms: Terms, scope: string): Terms | undefined {
    const { resource } = terms
    if (resource === undefined) return narrowTerms(terms, scope)
    return resources.serves(resource) ? narrowTerms(terms, resources.scopeAt(resource, scope)) : undefined
  }

  async function isRevoked(jti: string, now: number): Promise<boolean> {
    return (await store.read('revoked_token', jti, now)) !== undefined
  }

  async function revokeClientToken(
    { jti, expires_at, client_id }: ClientTokenFacts,
    now: number,
  ): Promise<void> {
    const record = { revision: '', expires_at, client_id }
    // The record's existence *is* the revocation: one that exists already counts as success, and an unknown outcome is
    // retried.
    for (let attempt = 0; attempt < 3; attempt++) {
      if ((await store.create('revoked_token', jti, record, now)) !== 'unknown') return
    }
    throw new StoreUnavailable('the outcome of a write is unknown')
  }
}

function accessState(grant: Grant, facts: AccessTokenFacts) {
  const terms = accessTokenTerms(grant, facts)
  if (terms === undefined) return undefined
  const { issued_at, expires_at } = facts
  return { terms, issued_at, expires_at, token_type: tokenType() }
}

function refreshState(grant: Grant, facts: RefreshTokenFacts, now: number) {
  const state = grant.refresh
  if (state === null || state.generation !== facts.generation || state.expires_at <= now) return undefined
  return { terms: termsOf(grant), expires_at: state.expires_at }
}
