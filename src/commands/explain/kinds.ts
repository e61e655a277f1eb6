import type { EVENTS } from '../../events/events.ts'
import type { ErrorCode } from '../../protocol/errors.ts'
import type { Remedy } from './remedy.ts'

const THE_REASON = 'the reason says what is wrong; change it in the application'
const A_FAULT: Remedy = {
  rule: 'a fault of this server',
  remedy: 'report it, with the stack of the line "unexpected error"; nothing of it went to the browser',
}

/** What each error means if its reason says no more. */
export const BY_ERROR: Readonly<Record<ErrorCode, Remedy>> = {
  invalid_request: { rule: 'RFC 6749 §4.1.2.1: the request is not as it must be', remedy: THE_REASON },
  invalid_client: {
    rule: 'RFC 6749 §5.2: the client could not be authenticated',
    remedy: 'compare client_id, secret and method in the application with clients show',
  },
  invalid_grant: {
    rule: 'RFC 6749 §5.2: the code, refresh token or password is not good',
    remedy: 'the person logs in again; if that does not help, the reason says more',
  },
  unauthorized_client: {
    rule: 'RFC 6749 §4.1.2.1: the client may not use this grant_type or response_type',
    remedy: 'add it to grant_types or response_types of the client, or have the application use another',
  },
  unsupported_grant_type: {
    rule: 'RFC 6749 §5.2: there is no such grant_type',
    remedy: 'have the application use authorization_code; the metadata lists what there is',
  },
  invalid_scope: {
    rule: 'RFC 6749 §3.3: a client gets scopes that it is registered for, and that its person has',
    remedy: 'add the scope to the client, or take it out of the application',
  },
  invalid_target: {
    rule: 'RFC 8707 §2: a token is for resources that the configuration has, and that its grant was asked for',
    remedy:
      'compare resource in the application with resources in the file (docs/resources.md), or ask for it at the authorization endpoint',
  },
  invalid_redirect_uri: {
    rule: 'RFC 7591 §3.2.2: a client that registers itself names redirect URIs that are safe',
    remedy: 'the reason names the URI; change it in the application',
  },
  invalid_client_metadata: {
    rule: 'RFC 7591 §3.2.2: a client registers itself with what it may have here (docs/mcp.md)',
    remedy: 'the reason names the member; change it in the application, or register it with clients add',
  },
  access_denied: { rule: 'RFC 6749 §4.1.2.1: the request was denied', remedy: 'the reason says by whom' },
  unsupported_response_type: {
    rule: 'RFC 6749 §4.1.2.1: there is no such response_type',
    remedy: 'have the application use response_type=code',
  },
  server_error: A_FAULT,
  temporarily_unavailable: {
    rule: 'something that the answer needs was busy, full or down',
    remedy: 'the other lines of this reference say what; doctor looks at the usual causes',
  },
  login_required: {
    rule: 'OpenID Connect Core §3.1.2.6: prompt=none, or another person than the one asked for',
    remedy: 'nothing: the application asks again without prompt=none, and the person logs in',
  },
  consent_required: {
    rule: 'OpenID Connect Core §3.1.2.6: prompt=none, but the person has not approved this yet',
    remedy:
      'nothing: the application asks again without prompt=none; skip_consent is for clients of your own',
  },
  unmet_authentication_requirements: {
    rule: 'the client asks for a stronger login (acr) than there is',
    remedy: 'have the application ask for an acr that the reason lists, or for none',
  },
  invalid_token: {
    rule: 'RFC 6750 §3.1: the access token is none of ours, too old or revoked',
    remedy: 'have the application refresh it; introspect says what a token is good for',
  },
  insufficient_scope: {
    rule: 'RFC 6750 §3.1: the access token was not given for this',
    remedy: 'have the application ask for the scope at the login',
  },
  request_not_supported: {
    rule: 'OpenID Connect Core §6.1: requests inside a JWT are not read',
    remedy: 'switch signed requests (request objects) off in the application',
  },
  request_uri_not_supported: {
    rule: 'OpenID Connect Core §6.2: requests by reference are not read',
    remedy: 'switch request_uri off in the application',
  },
}

type Warning = {
  [Name in keyof typeof EVENTS]: (typeof EVENTS)[Name] extends 'warn' ? Name : never
}[keyof typeof EVENTS]

/** What each event means that is worth a look. */
export const BY_EVENT: Readonly<Record<Warning, Remedy>> = {
  client_authentication_failed: BY_ERROR.invalid_client,
  login_failed: {
    rule: 'user name and password must be right; with a sub there is such a person',
    remedy: 'users show says how they stand; users link lets them choose another password',
  },
  login_throttled: {
    rule: 'wrong passwords are counted, by account and by address',
    remedy:
      'the person waits, or uses a device on which they have logged in; if it is everybody: TRUST_PROXY does not name the proxy',
  },
  link_refused: {
    rule: 'a link to choose a password is good once, for twenty minutes',
    remedy: 'users link makes another one',
  },
  person_not_allowed: {
    rule: 'the client is for members of its allowed_groups',
    remedy: 'groups add puts the person into one of them, or the file does',
  },
  code_reuse_detected: {
    rule: 'RFC 6749 §4.1.2: a code that comes twice may be stolen, so what it was redeemed for has ended',
    remedy: 'mostly the callback page was reloaded: have the application redirect once it has the tokens',
  },
  refresh_reuse_detected: {
    rule: 'RFC 9700 §4.14.2: an old refresh token may be stolen, so its login has ended',
    remedy:
      'mostly two processes of the application refresh at once, or one restored an old token: have them share the newest',
  },
}

/** What else the log says of a request, by its message. */
export const BY_MESSAGE: ReadonlyMap<string, Remedy> = new Map([
  ['unexpected error', A_FAULT],
  [
    'the store cannot answer',
    {
      rule: 'nothing is answered that the store has not confirmed',
      remedy: 'see that it runs and can be reached; doctor looks at it',
    },
  ],
  [
    'the keys of a client cannot be read',
    {
      rule: 'RFC 7523 §3: an assertion is checked with the keys at jwks_uri of the client',
      remedy:
        'see that the address answers within seconds, over https, with a JWK set; or put the keys under jwks',
    },
  ],
  [
    'the document of a client cannot be read',
    {
      rule: 'a client_id that is an https URL is the address of a document, which is read from the public internet within 5 seconds',
      remedy:
        'detail says what went wrong: see from this machine that the address answers; a private address is asked only if its host is listed, with ALLOW_PRIVATE_ADDRESSES',
    },
  ],
  [
    'too many client documents are asked for',
    {
      rule: 'of documents that nobody has approved here each process reads ten a minute for one address, and 120 in sum',
      remedy:
        'if it goes on somebody makes them up: list the hosts under client_id_metadata_documents. If all requests seem to come from one address, set TRUST_PROXY',
    },
  ],
  [
    'a person allows too many new clients',
    {
      rule: 'what somebody approves here first is written down, and one person lets in two hundred new clients a day at most',
      remedy:
        'see in events whose account it is, and whether they know of it; clients block stops what comes, users disable the person',
    },
  ],
  [
    'the store is full',
    {
      rule: 'a full store refuses new logins, and forgets none',
      remedy: 'give it more memory or disk; detail and client_id say for what there is no room',
    },
  ],
  [
    'password checks are saturated',
    {
      rule: 'passwords are checked a few at a time, and few wait',
      remedy: 'somebody guesses, or there are too few cores: see login_failed by address',
    },
  ],
])

/** What the status of an answer says that no other line explains. */
export const BY_STATUS: ReadonlyMap<number, Remedy> = new Map([
  [
    404,
    {
      rule: 'there is nothing at this address',
      remedy: 'compare it with the metadata; behind a proxy: the path of ISSUER must be passed on',
    },
  ],
  [
    405,
    {
      rule: 'this address takes another method',
      remedy: 'forms and tokens are posted, pages are got; a redirect in between may turn POST into GET',
    },
  ],
  [
    421,
    {
      rule: 'the demo answers on this machine alone',
      remedy: 'set CONFIG_FILE for a real server; DEMO_HOSTS names a host for a trial',
    },
  ],
])
