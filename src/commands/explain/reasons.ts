import type { ReasonRemedy } from './remedy.ts'

/** What reasons mean that concern a client, its registration or its requests: from the particular to the general. */
const OF_CLIENTS: readonly ReasonRemedy[] = [
  {
    says: /^the client is unknown, and documents of clients are not read here$/,
    rule: 'the client_id is the address of a document (draft-ietf-oauth-client-id-metadata-document), which the configuration does not let in',
    remedy:
      'client_id_metadata_documents: on, or a list of hosts, lets such clients in; docs/mcp.md has what they get',
  },
  {
    says: /^the client is unknown$|^its client is unknown here$/,
    rule: 'RFC 6749 §4.1.2.1: a client must be registered before anybody is sent back to it',
    remedy:
      'compare the client_id of the application with clients list, letter by letter; clients add makes one',
  },
  {
    says: /^the client is blocked here: /,
    rule: 'an operator has blocked applications that introduce themselves, by the rule that the reason names',
    remedy:
      'leave it, or lift the rule: clients blocked says where it stands, clients unblock takes it out of the store, blocked_clients has those of the file',
  },
  {
    says: /^unknown client$/,
    rule: 'RFC 6749 §2.3.1: the client_id is not registered (not logged: whoever swaps id and secret sends the secret there)',
    remedy:
      'see whether the application has client_id and secret the right way round; compare the id with clients list',
  },
  {
    says: /^the client's document cannot be used: /,
    rule: 'draft-ietf-oauth-client-id-metadata-document §4: what a client says of itself is JSON at its client_id, and names it',
    remedy:
      'the reason names the part; whoever publishes the document has to mend it, or an operator registers a client of that id',
  },
  {
    says: /^the address of the client's document is refused: it /,
    rule: 'draft-ietf-oauth-client-id-metadata-document §2: such a client_id is an https URL with a path, in one spelling',
    remedy:
      'have the application send the address as its document has it; hosts are let in by client_id_metadata_documents',
  },
  {
    says: /^redirect_uri is not one of /,
    rule: 'RFC 6749 §3.1.2: the redirect URI must be one that is registered, byte for byte (a port may differ on loopback alone)',
    remedy: 'add what the application sends to redirect_uris of the client, or change it in the application',
  },
  {
    says: /^redirect_uri is (not the one of the authorization request|missing; send)/,
    rule: 'RFC 6749 §4.1.3: the token request names the redirect_uri of the authorization request',
    remedy: 'have the application send the same redirect_uri in both; behind a proxy it often makes up two',
  },
  {
    says: /^the parameter redirect_uri is missing$|^this client has no redirect URI$/,
    rule: 'OpenID Connect Core §3.1.2.1: the request names its redirect_uri',
    remedy: 'have the application send redirect_uri, and register it for the client',
  },
  {
    says: /^post_logout_redirect_uri: it is not one of /,
    rule: 'RP-Initiated Logout 1.0 §3: where to go after the log-out must be registered',
    remedy: 'add what the application sends to post_logout_redirect_uris of the client',
  },
  {
    says: /^(post_logout_redirect_uri|id_token_hint|client_id|state): it /,
    rule: 'RP-Initiated Logout 1.0 §2: a parameter that proves nothing is left out, and the person stays here',
    remedy: 'have the application send id_token_hint, an ID token of its own, as it got it',
  },
  {
    says: /must use PKCE/,
    rule: 'RFC 7636 §4.3: this client must send a code_challenge, by the method S256',
    remedy:
      'switch PKCE on in the application; if it cannot, and the client has a secret: require_pkce: false',
  },
  {
    says: /^code_verifier is sent, but the authorization request had no code_challenge$/,
    rule: 'RFC 9700 §2.1.1: a verifier without a challenge looks as if somebody had taken the challenge out',
    remedy: 'have the application send code_challenge from the start, or no code_verifier',
  },
  {
    says: /^code_verifier /,
    rule: 'RFC 7636 §4.6: the verifier must be the one that the challenge was made of',
    remedy:
      'the application keeps another verifier than the one it began with: look for two tabs, or for several processes of it without one session store',
  },
  {
    says: /^code_challenge/,
    rule: 'RFC 7636 §4.2: the challenge is base64url of the SHA-256 of the verifier, without padding',
    remedy: 'have the application make it so (S256), best by a library',
  },
  {
    says: /^sector_identifier_uri of client .* (does not list|cannot be read)/,
    rule: 'OpenID Connect Core §8.1: the document at sector_identifier_uri lists every redirect URI of the client',
    remedy:
      'have the document answer with 200 and a JSON array that has all redirect_uris, or set sector instead',
  },
  {
    says: /client assertion|^client_assertion_type is /,
    rule: 'RFC 7523 §3: what the client has signed is for this server, of now, and is taken once',
    remedy:
      'the reason names the part: compare the key with jwks or jwks_uri of the client, aud with the issuer, and the clocks; each request needs a new one',
  },
  {
    says: /^too many wrong secrets of this client from this address$/,
    rule: 'wrong secrets of a client are counted for each address: after twenty different ones each makes the next wait longer',
    remedy:
      'give the client there its secret, and wait; if all seem to come from one address, set TRUST_PROXY. A secret of 32 characters or more never waits',
  },
  {
    says: /^(wrong secret|it sent no secret|no credentials|it is public, but a secret was sent)$/,
    rule: 'RFC 6749 §2.3.1: the client proves who it is by its secret; a public one has none',
    remedy:
      'compare the secret (a line break at its end, quotes around it, an old one); clients rotate-secret gives another one',
  },
  {
    says: /^this client is registered for /,
    rule: 'OpenID Connect Core §9: a client authenticates by the method that it is registered for',
    remedy: 'change the method in the application, or token_endpoint_auth_method of the client',
  },
  {
    says: /Basic|^send the client secret in the header or in the body|^client_id in the body is not the one/,
    rule: 'RFC 6749 §2.3: a client authenticates once, in the Authorization header or in the body',
    remedy:
      'have the application send client_id and secret in one place; a proxy in between may add a header of its own',
  },
  {
    says: /^introspection needs a client that authenticates$/,
    rule: 'RFC 7662 §2.1: who asks about tokens must say who it is',
    remedy: 'have the API ask as a client of its own, with a secret or keys',
  },
]

/** What reasons mean that concern a person, and what was given in their name. */
const OF_PEOPLE: readonly ReasonRemedy[] = [
  {
    says: /^the code (is unknown|has expired|was used before)/,
    rule: 'RFC 6749 §4.1.2: a code is good once, for a minute, for its client',
    remedy:
      'the application exchanges it late, twice or as another client: look at its clock, and for a reload of its callback page',
  },
  {
    says: /^the refresh token was replaced by a newer one$|^the refresh token was used before/,
    rule: 'RFC 9700 §4.14.2: a refresh token is replaced at each use; the one before is good for refresh_token_grace seconds',
    remedy:
      'the application must keep the newest one, and refresh in one place at a time; the person logs in again',
  },
  {
    says: /^the refresh token (has expired|is unknown or was revoked)$/,
    rule: 'RFC 6749 §5.2: the refresh token is good no more: too old, revoked, or of a login that was ended',
    remedy:
      'the person logs in again; offline_access has it outlive a log-out, refresh_token_ttl says how long it lasts',
  },
  {
    says: /^the person is disabled$/,
    rule: 'whoever is disabled has nothing, and gets nothing',
    remedy: 'users enable, if that is over, or disabled: false in the file; the person logs in again',
  },
  {
    says: /^the person is unknown here$/,
    rule: 'what was given speaks for a person whom this server has no more',
    remedy: 'see users list; one who was renamed in the file needs the sub of before',
  },
  {
    says: /^it is older than the since of the person$/,
    rule: 'since says from when on the sub is this person: what is older was given to another',
    remedy: 'the person logs in again; that is what since is for',
  },
  {
    says: /^the login was ended$|^what the client was given until then was ended$/,
    rule: 'an operator ended it: users disable, users set-password, sessions end, clients stop, or a moment in blocked_clients or clients block',
    remedy: 'the person logs in again',
  },
  {
    says: /^the person has another password here$/,
    rule: 'another password ends the logins of before, but for offline_access',
    remedy: 'the person logs in again; if it comes back and goes, two nodes have different files',
  },
  {
    says: /^the person who approved this can no longer log in$/,
    rule: 'what was given ends with the person who gave it',
    remedy: 'users show says how they stand',
  },
  {
    says: /^the person is in none of the groups|^this person may not use this client$/,
    rule: 'the client is for members of its allowed_groups, and some scopes are for members of groups alone',
    remedy: 'groups add puts the person into one of them',
  },
  {
    says: /^the user name or the password is wrong$/,
    rule: 'RFC 6749 §4.3: user name and password must be right',
    remedy: 'users show says whether there is such a person, and how they stand',
  },
  {
    says: /^the person denied the request$/,
    rule: 'RFC 6749 §4.1.2.1: the person has said no',
    remedy: 'nothing; the application should say so, and let them try again',
  },
  {
    says: /^only a whole page may go to this address|^this address is not for loading ahead$/,
    rule: 'a login is for a page that the person sees: no frame, no picture, no prefetch',
    remedy: 'have the application send the whole window here; frames may ask with prompt=none',
  },
  {
    says: /^the browser sent no cookie$/,
    rule: 'a form needs the cookie that came with its page',
    remedy: 'cookies are blocked, the page stood in a frame of another site, or a proxy drops Set-Cookie',
  },
  {
    says: /^the form is of another page, account, request or time$/,
    rule: 'a form counts for the browser, person and request that its page was made for',
    remedy: 'the person tries again; if it goes on, a proxy changes Host or Origin (doctor looks at that)',
  },
]

/** The first that fits counts. */
export const REASONS: readonly ReasonRemedy[] = [...OF_CLIENTS, ...OF_PEOPLE]
