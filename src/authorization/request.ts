import { hash } from 'node:crypto'
import type { AllowedResources } from '../clients/allowed-resources.ts'
import { isPublic } from '../clients/client.ts'
import { approvalOf } from '../consents/approved.ts'
import { lastingOf } from '../grants/lasting.ts'
import type { ScopeClaims } from '../protocol/claims.ts'
import { readClaims } from '../protocol/claims-request.ts'
import { OAuthError } from '../protocol/errors.ts'
import type { Parameters } from '../protocol/parameters.ts'
import { type Prompt, readMaxAge, readPrompt } from '../protocol/prompt.ts'
import { readRefusedObject } from '../protocol/request-object.ts'
import { resourceTerms } from '../protocol/resource.ts'
import {
  gives,
  givesToken,
  RESPONSE_TYPES,
  type ResponseType,
  readResponseType,
} from '../protocol/response-type.ts'
import { readScope, scopeGranted, scopeTokens, scopeUnion } from '../protocol/scope.ts'
import type { Ask, ConsentRule } from './ask.ts'
import { readChallenge } from './challenge.ts'
import { RESPONSE_MODES, type ResponseMode } from './response.ts'
import type { Target } from './target.ts'

const MAX_NONCE = 512

/** An authorization request whose every parameter is checked. Stored nowhere: the URL is the state. */
export interface AuthorizationRequest extends Ask {
  target: Target
  state: string | undefined
  response_mode: ResponseMode
  /** What the request asks for, with names that this client may not have. */
  asked_scope: string
  challenge_digest: Buffer | undefined
  response_type: ResponseType
  nonce: string | undefined
}

/** What came with the request. */
interface Sent {
  parameters: Parameters
  back: string
  resource: readonly string[] | undefined
}

/** Where an answer goes that can be sent before the whole request is known to be right. */
export interface ResponseAddress {
  target: Target
  state: string | undefined
  response_mode: ResponseMode
}

/** Reads what an error answer needs. Nothing here throws: a wrong value falls back to the plainest form. */
export function readAddress(target: Target, parameters: Parameters): ResponseAddress {
  // Whoever sends a request object is always refused (`checkUnsupported`), and this is where to.
  const object = readRefusedObject(parameters.quiet('request'))
  const read = (name: 'state' | 'response_mode') =>
    parameters.many(name).length > 0 ? parameters.quiet(name) : object[name]
  const response_mode = read('response_mode')
  const mode = modesOf(target).find((one) => one === response_mode)
  const type = readResponseType(parameters.quiet('response_type') ?? '')
  const fragment = type !== undefined && givesToken(type)
  return {
    target,
    state: read('state'),
    // A client that waits for a fragment looks for its errors there too.
    response_mode: fragment && mode !== 'form_post' ? 'fragment' : (mode ?? 'query'),
  }
}

/**
 * Checks the rest of the request, in order. `back`: the request's own path and query; `resource`: whom it asks access for, checked.
 * Throws `OAuthError` that goes to the client by redirect (RFC 6749 §4.1.2.1).
 */
export function readRequest(
  target: Target,
  { parameters, back, resource }: Sent,
  { scopes, allowed }: { scopes: ScopeClaims; allowed: Pick<AllowedResources, 'scopeAt' | 'defaultAt'> },
): AuthorizationRequest {
  checkUnsupported(parameters)
  const response_type = readType(target, parameters)
  const state = parameters.one('state')
  const response_mode = readResponseMode(target, response_type, parameters)
  const challenge_digest = gives(response_type, 'code') ? readChallenge(target, parameters) : undefined
  const client_scope = allowed.scopeAt(resource, target.client.scope)
  const default_scope = allowed.defaultAt(resource, target.client)
  const { asked_scope, granted } = readRequestedScope(parameters, { client_scope, default_scope })
  const scope = withoutIdleOffline(granted, response_type)
  const nonce = readNonce(response_type, scope, parameters)
  const { claims, subjects, acr } = readClaims(parameters.one('claims'), (names) =>
    scopes.within(names, client_scope),
  )
  const named = claims === null ? [] : [...claims.userinfo, ...claims.id_token]
  const consent_scope = scopeUnion(scope, scopes.scopesOf(named))
  const terms = { scope: consent_scope, resource: resourceTerms(resource) }
  const prompt = readPrompt(parameters.one('prompt'))
  return {
    target,
    client: target.client,
    back,
    state,
    response_mode,
    asked_scope,
    scope,
    challenge_digest,
    response_type,
    nonce,
    claims,
    resource: terms.resource,
    consent_scope,
    approval: approvalOf(terms, allowed.scopeAt),
    consent: consentRule(target, prompt),
    stays: staysConnected(target, scope),
    destination: target.redirect_uri,
    subjects,
    acr,
    prompt,
    max_age: readMaxAge(parameters.one('max_age')) ?? target.client.default_max_age,
    login_hint: parameters.one('login_hint'),
    // The request's identity: of its parameters, in whatever order they came.
    digest: hash('sha256', JSON.stringify(parameters.sorted()), 'base64url'),
  }
}

function checkUnsupported(parameters: Parameters): void {
  // OpenID Connect Core §6: to be refused by these names, not ignored.
  if (parameters.one('request') !== undefined) {
    throw new OAuthError('request_not_supported', 'send the parameters in the query, not in a request object')
  }
  if (parameters.one('request_uri') !== undefined) {
    throw new OAuthError('request_uri_not_supported', 'send the parameters in the query, not by reference')
  }
}

function readType({ client, redirect_uri }: Target, parameters: Parameters): ResponseType {
  const response_type = readResponseType(parameters.required('response_type'))
  if (response_type === undefined) {
    throw new OAuthError('unsupported_response_type', `response_type is one of ${RESPONSE_TYPES.join(', ')}`)
  }
  if (!client.response_types.has(response_type)) {
    throw new OAuthError('unauthorized_client', `this client may not use response_type ${response_type}`, {
      detail: `response_type ${response_type} is not one of ${[...client.response_types].join(', ')}`,
    })
  }
  // RFC 8252 §7.3 frees the port of a loopback URI for the code, which needs a secret or a verifier beside it. A token
  // in the answer (§8.2) would be whoever's program listens on that port.
  if (response_type !== 'code' && !client.redirect_uris.includes(redirect_uri)) {
    throw new OAuthError(
      'unauthorized_client',
      'on another port than the registered one only response_type=code is answered',
    )
  }
  return response_type
}

// OpenID Connect Core §3.2.2.1, §3.3.2.11: an ID token from here is worth nothing without the nonce.
function readNonce(type: ResponseType, scope: string, parameters: Parameters): string | undefined {
  const nonce = parameters.one('nonce')
  // It waits in the grant for the ID token: a record of some hundred bytes, not of kilobytes.
  if (nonce !== undefined && nonce.length > MAX_NONCE)
    throw new OAuthError('invalid_request', `nonce is longer than ${MAX_NONCE} characters`)
  if (!gives(type, 'id_token')) return nonce
  if (!scope.split(' ').includes('openid')) {
    throw new OAuthError('invalid_request', `response_type ${type} needs the scope openid`)
  }
  if (nonce === undefined) throw new OAuthError('invalid_request', `response_type ${type} needs a nonce`)
  return nonce
}

// The page of form_post posts by itself, and from this very site: what is posted to may believe that. The addresses of who introduced
// themselves need not be their own.
function modesOf({ client }: Target): readonly ResponseMode[] {
  return client.introduced ? RESPONSE_MODES.filter((one) => one !== 'form_post') : RESPONSE_MODES
}

function readResponseMode(target: Target, type: ResponseType, parameters: Parameters): ResponseMode {
  const text = parameters.one('response_mode')
  if (text === undefined) return givesToken(type) ? 'fragment' : 'query'
  // Multiple Response Types §5: it would be in logs, histories and referrers.
  if (text === 'query' && givesToken(type)) {
    throw new OAuthError('invalid_request', 'response_mode=query must not carry a token')
  }
  const modes = modesOf(target)
  const mode = modes.find((one) => one === text)
  if (mode === undefined)
    throw new OAuthError('invalid_request', `response_mode is one of ${modes.join(', ')}`)
  return mode
}

// What the client may have, and what it gets if it names nothing, at the resources that it asks for.
function readRequestedScope(
  parameters: Parameters,
  { client_scope, default_scope }: { client_scope: string; default_scope: string },
) {
  const text = parameters.one('scope')
  if (text === undefined) return { asked_scope: default_scope, granted: default_scope }
  const asked_scope = readScope(text)
  const granted = scopeGranted(asked_scope, client_scope)
  if (granted === undefined) {
    throw new OAuthError('invalid_scope', `this client may ask for: ${client_scope || 'no scope at all'}`)
  }
  return { asked_scope, granted }
}

// OpenID Connect Core §11: ignored unless a code is issued. Otherwise a front-channel access token would survive the logout
// although nothing can refresh it.
function withoutIdleOffline(scope: string, type: ResponseType): string {
  if (gives(type, 'code')) return scope
  return scopeTokens(scope)
    .filter((token) => token !== 'offline_access')
    .join(' ')
}

/**
 * Whether the person must approve. RFC 8252 §8.6: another app on the device can pretend to be a public client on a loopback or
 * private-use redirect, so for such a client the person is asked each time.
 */
export function consentRule({ client, redirect_uri }: Target, prompt: readonly Prompt[]): ConsentRule {
  const isProven = !isPublic(client) || redirect_uri.startsWith('https:') || client.trust_loopback
  if (prompt.includes('consent') || !isProven) return 'always'
  return client.skip_consent ? 'never' : 'once'
}

function staysConnected({ client }: Target, scope: string): Ask['stays'] {
  if (!client.grant_types.has('refresh_token')) return undefined
  return lastingOf(client, scope) === 'standing' ? 'after_logout' : 'until_logout'
}
