import { endIn } from '../../clients/introduced/initial-access.ts'
import { metadataIn } from '../../clients/introduced/sealed-id.ts'
import { type HandleKind, unprovenHandle } from '../../secrets/handles.ts'
import { accessTokenIn, clientTokenIn, codeIn, refreshTokenIn } from '../../tokens/layouts.ts'
import { moment } from '../output.ts'

/** What the opaque strings of this server are, by what they begin with. */
const KINDS: Readonly<Record<HandleKind, string>> = {
  at: 'an access token of a person',
  ct: 'an access token of a client itself',
  rt: 'a refresh token: good at the token endpoint, for its client alone',
  ac: 'an authorization code: good once, for a minute, for its client alone',
  pl: 'a link by which a password is chosen: good once, for twenty minutes',
  bs: 'the cookie of a session: no token, and nothing to pass on',
  bw: 'the cookie that knows a browser: no token, and nothing to pass on',
  kd: 'the cookie of a device on which somebody has logged in: no token, and nothing to pass on',
  lh: 'what stands for a long id_token_hint at the log-out',
  ci: 'the client_id of a client that has introduced itself: its registration is inside',
  ri: 'an initial access token: it lets its bearer register clients',
}

/** What a string of this server says of itself, or undefined if it is none. Nothing of it is proven. */
export function saidBy(text: string): object | undefined {
  const handle = unprovenHandle(text)
  if (handle === undefined || !Object.hasOwn(KINDS, handle.kind)) return undefined
  const { kind, key_id, facts } = handle
  return {
    ...{ kind: KINDS[kind as HandleKind], made_with_key: key_id, ...factsOf(kind as HandleKind, facts) },
    proven: kind === 'at' || kind === 'ct' ? 'nothing; introspect says what it is good for' : 'nothing',
  }
}

function factsOf(kind: HandleKind, facts: Buffer): object {
  if (kind === 'rt') return refreshTokenIn(facts) ?? {}
  if (kind === 'ac') {
    const { grant_id, expires_at, challenge_digest } = codeIn(facts) ?? {}
    return { grant_id, expires: moment(expires_at), pkce: challenge_digest !== undefined }
  }
  if (kind === 'ri') return { expires: moment(endIn(facts)) }
  if (kind === 'ci') return { registration: registrationIn(facts) }
  const token = kind === 'at' ? accessTokenIn(facts) : kind === 'ct' ? clientTokenIn(facts) : undefined
  if (token === undefined) return {}
  const { issued_at, expires_at, terms, profile: _, ...more } = token as typeof token & { profile?: number }
  return {
    ...{
      ...more,
      ...(terms && { scope: terms.scope }),
      issued: moment(issued_at),
      expires: moment(expires_at),
    },
    expired: expires_at <= Date.now() / 1000,
  }
}

// Whoever made it up may have put anything there.
function registrationIn(facts: Buffer): object | undefined {
  try {
    return metadataIn(facts)
  } catch {
    return undefined
  }
}
