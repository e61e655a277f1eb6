import type { Client, Clients } from '../clients/client.ts'
import { encodeParameters, type Parameters } from '../protocol/parameters.ts'
import type { LogoutHint, LogoutHints } from './logout-hint.ts'
import type { ToldLogin } from './session-end.ts'

/** A parameter of a request to log out. */
export type LogoutParameter = 'id_token_hint' | 'client_id' | 'post_logout_redirect_uri' | 'state'

/** A parameter that is not believed, and why: for the log. */
export interface Refused {
  parameter: LogoutParameter
  reason: string
}

/**
 * A request to log out (OpenID Connect RP-Initiated Logout 1.0 §2), of which only what is proven is left: a client's
 * mistake must not keep a person logged in.
 */
export interface LogoutRequest {
  client: Client | undefined
  /** Where the browser goes afterwards, complete with `state`. */
  location: string | undefined
  /** The login that the hint proves to be known to the client, as the client knows it. */
  sid: string | undefined
  refused: readonly Refused[]
  /** Whether the client asked for the browser to be sent on, and it is not. */
  stays: boolean
}

/** Reads it. A repeated parameter counts as none: nobody knows which was meant. */
export async function readLogoutRequest(
  parameters: Parameters,
  { clients, hints, now }: { clients: Clients; hints: LogoutHints; now: number },
): Promise<LogoutRequest> {
  const refused: Refused[] = []
  const refuse = (parameter: LogoutParameter, reason: string) => {
    refused.push({ parameter, reason })
    return undefined
  }
  const reader = { parameters, clients, refuse }
  const sent = parameters.many('id_token_hint')
  const hint = sent.length === 1 ? await hints.read(sent[0] as string, now) : undefined
  if (sent.length > 1) refuse('id_token_hint', REPEATED)
  else if (sent.length > 0 && hint === undefined)
    refuse('id_token_hint', 'it is no ID token that this server can verify')
  const client = await readClient(reader, hint)
  const location = readLocation(reader, client)
  const stays = location === undefined && parameters.many('post_logout_redirect_uri').length > 0
  return { client, location, sid: client && hint?.sid, refused, stays }
}

interface Reader {
  parameters: Parameters
  clients: Clients
  refuse: (parameter: LogoutParameter, reason: string) => undefined
}

const REPEATED = 'it is sent more than once'

async function readClient({ parameters, clients, refuse }: Reader, hint: LogoutHint | undefined) {
  const [client_id, ...more] = parameters.many('client_id')
  if (more.length > 0) return refuse('client_id', REPEATED)
  // §2: they must match. Whose mistake it is cannot be told, so neither is believed.
  if (client_id !== undefined && hint !== undefined && client_id !== hint.client_id)
    return refuse('client_id', 'it is not the client that id_token_hint was issued to')
  const named = client_id ?? hint?.client_id
  const client = named === undefined ? undefined : await clients.find(named)
  if (named !== undefined && client === undefined)
    refuse(client_id === undefined ? 'id_token_hint' : 'client_id', 'its client is unknown here')
  return client
}

// §3: never to an address that is not proven to be the client's.
function readLocation({ parameters, refuse }: Reader, client: Client | undefined): string | undefined {
  const [uri, ...more] = parameters.many('post_logout_redirect_uri')
  const [state, ...states] = parameters.many('state')
  if (uri === undefined) return undefined
  if (more.length > 0) return refuse('post_logout_redirect_uri', REPEATED)
  if (uri === TOO_LONG) return refuse('post_logout_redirect_uri', 'it is too long, or its state is')
  if (client === undefined)
    return refuse('post_logout_redirect_uri', 'it needs a valid id_token_hint, or client_id')
  const { post_logout_redirect_uris: registered } = client
  if (!registered.includes(uri))
    return refuse('post_logout_redirect_uri', `it is not one of ${registered.join(' ') || 'none'}`)
  if (states.length > 0) return refuse('state', REPEATED)
  if (state === undefined) return uri
  return `${uri}${uri.includes('?') ? '&' : '?'}${encodeParameters({ state })}`
}

// Characters: with the path, a request line that every proxy in between lets through.
const MAX_QUERY = 8000
// Longer than any client's.
const LONG_CLIENT_ID = 256
// Stands for an address that a URL cannot carry. No client can register it.
const TOO_LONG = 'too-long'

/** What was sent as the query of a GET that is read alike, however long it was. */
export async function asLogoutQuery(
  parameters: Parameters,
  { hints, now }: { hints: LogoutHints; now: number },
): Promise<string> {
  // Two tell as well as a thousand that it is repeated.
  const sent = (name: LogoutParameter) => parameters.many(name).slice(0, 2)
  const pairs = (name: LogoutParameter, values: readonly string[]) => values.map((value) => [name, value])
  const [hint, another] = sent('id_token_hint')
  const short = hint === undefined ? [] : [await hints.shorten(hint, now)]
  const proof = [
    ...pairs('id_token_hint', another === undefined ? short : [...short, '-']),
    ...pairs(
      'client_id',
      sent('client_id').map((one) => one.slice(0, LONG_CLIENT_ID)),
    ),
  ]
  const address = (['post_logout_redirect_uri', 'state'] as const).flatMap((name) => pairs(name, sent(name)))
  const query = new URLSearchParams([...proof, ...address]).toString()
  if (query.length <= MAX_QUERY) return query
  return new URLSearchParams([...proof, ...pairs('post_logout_redirect_uri', [TOO_LONG])]).toString()
}

/**
 * What the logged-out page loads in frames (OpenID Connect Front-Channel Logout 1.0 §2), each once: the clients that were
 * told of the logins and ask for it.
 */
export function frontChannelUrls(
  logins: readonly ToldLogin[],
  { issuer, sidOf }: { issuer: string; sidOf: (login: ToldLogin) => string },
): readonly string[] {
  const urls = logins.flatMap((login) => {
    const { frontchannel_logout_uri: uri, frontchannel_logout_session_required } = login.client
    if (uri === undefined) return []
    if (!frontchannel_logout_session_required) return [uri]
    const query = encodeParameters({ iss: issuer, sid: sidOf(login) })
    return [`${uri}${uri.includes('?') ? '&' : '?'}${query}`]
  })
  return [...new Set(urls)]
}
