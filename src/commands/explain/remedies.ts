/** What a line of the log says, as far as it is looked at. */
export interface LogLine {
  time?: string
  req?: string
  msg?: string
  event?: string
  error?: string
  reason?: string
  detail?: string
  client_id?: string
  sub?: string
}

/** What lines of this kind mean for whoever runs the server. */
interface Remedy {
  fits(line: LogLine): boolean
  /** The rule that the request broke. */
  rule: string
  /** What to do about it. */
  remedy: string
}

const reason = (pattern: RegExp) => (line: LogLine) =>
  pattern.test(`${line.reason ?? ''} ${line.detail ?? ''}`)
const error = (code: string) => (line: LogLine) => line.error === code
const named = (name: string) => (line: LogLine) => line.event === name || line.msg === name

/** From the particular to the general: the first that fits counts. */
const REMEDIES: readonly Remedy[] = [
  {
    fits: reason(/the client is unknown|no client .* is registered/),
    rule: 'RFC 6749 §4.1.2.1: a client must be registered before anybody is sent back to it',
    remedy:
      'compare the client_id of the application with clients list, letter by letter; clients add makes one',
  },
  {
    fits: reason(/redirect_uri is not one of|redirect_uri .* is not registered/),
    rule: 'RFC 6749 §3.1.2: the redirect URI must be one that is registered, byte for byte (a port may differ on loopback alone)',
    remedy:
      'add the redirect_uri that the application sends to redirect_uris of the client, or change it in the application',
  },
  {
    fits: reason(/parameter redirect_uri is missing|has no redirect URI/),
    rule: 'OpenID Connect Core §3.1.2.1: the request names its redirect_uri',
    remedy: 'have the application send redirect_uri, and register one for the client',
  },
  {
    fits: reason(/code_challenge|PKCE/),
    rule: 'RFC 7636 §4.3: this client must send a code_challenge, by the method S256',
    remedy:
      'switch PKCE on in the application; if it cannot, and the client has a secret: require_pkce: false',
  },
  {
    fits: reason(/code_verifier/),
    rule: 'RFC 7636 §4.6: the verifier must be the one that the challenge was made of',
    remedy:
      'the application keeps another verifier than the one it began with: look for two tabs, or two servers of it without a shared session',
  },
  {
    fits: reason(/the code (is unknown|has expired|was used before)/),
    rule: 'RFC 6749 §4.1.2: a code is good for a minute, once',
    remedy:
      'the application exchanges it late or twice: look at its clock, and for a reload of the callback page',
  },
  {
    fits: reason(/refresh token/),
    rule: 'RFC 6749 §6: a refresh token is replaced at each use; an old one is good for the seconds of refresh_token_grace',
    remedy: 'the application must keep the newest refresh token; the person logs in again',
  },
  {
    fits: reason(/wrong secret|sent no secret|it is public|registered for|no credentials|Basic/),
    rule: 'RFC 6749 §2.3.1: the client proves who it is, by the method that it is registered for',
    remedy:
      'compare the secret (a line break at its end, quotes around it), and the method; clients rotate-secret gives another one',
  },
  {
    fits: error('invalid_client'),
    rule: 'RFC 6749 §5.2: the client could not be authenticated',
    remedy: 'compare client_id and secret in the application with the registration',
  },
  {
    fits: error('invalid_scope'),
    rule: 'RFC 6749 §3.3: a client asks for scopes that it is registered for',
    remedy: 'add the scope to the client, or take it out of the application',
  },
  {
    fits: error('unauthorized_client'),
    rule: 'RFC 6749 §4.1.2.1: the client may not use this grant or response type',
    remedy: 'add it to grant_types or response_types of the client',
  },
  {
    fits: error('unsupported_response_type'),
    rule: 'RFC 6749 §4.1.2.1: there is no such response_type',
    remedy: 'have the application use response_type=code',
  },
  {
    fits: error('unsupported_grant_type'),
    rule: 'RFC 6749 §5.2: there is no such grant_type',
    remedy: 'have the application use authorization_code; the metadata lists what there is',
  },
  {
    fits: (line) => line.msg === 'form refused',
    rule: 'a form counts for the browser, person and request that its page was made for',
    remedy:
      'the person tries again; if it goes on: cookies that are blocked, or a proxy that drops them or changes the host',
  },
  {
    fits: named('login_throttled'),
    rule: 'guesses at a password are counted, by account and by address',
    remedy:
      'the person waits, or uses a device on which they have logged in; if everybody is concerned: TRUST_PROXY is not set',
  },
  {
    fits: named('login_failed'),
    rule: 'user name and password must be right',
    remedy:
      'users show tells whether there is such a person and in which state; users link lets them choose another password',
  },
  {
    fits: named('person_not_allowed'),
    rule: 'the client is for members of its allowed_groups',
    remedy: 'groups add puts the person into one of them',
  },
  {
    fits: named('link_refused'),
    rule: 'a link to choose a password is good once, for twenty minutes',
    remedy: 'users link makes another one',
  },
  {
    fits: (line) => line.msg === 'unexpected error',
    rule: 'a fault of this server',
    remedy: 'please report it, with the stack that the line has',
  },
  {
    fits: (line) => /store/.test(line.msg ?? ''),
    rule: 'the store did not answer, or had no room',
    remedy: 'doctor looks at it; nothing that was answered is lost',
  },
  {
    fits: error('temporarily_unavailable'),
    rule: 'something that this answer needs was busy or down',
    remedy: 'the line says what; doctor looks at the usual causes',
  },
  {
    fits: error('invalid_request'),
    rule: 'RFC 6749 §4.1.2.1: the request is not as it must be',
    remedy: 'the reason names the parameter; change it in the application',
  },
  {
    fits: (line) => line.error !== undefined,
    rule: 'the request was refused',
    remedy: 'the reason says why',
  },
]

/** What a line means, or undefined if it only records what went well. */
export function remedyOf(line: LogLine): Pick<Remedy, 'rule' | 'remedy'> | undefined {
  return REMEDIES.find(({ fits }) => fits(line))
}
