import type { Client } from '../clients/client.ts'
import type { Approved } from '../consents/approved.ts'
import { grantableScope } from '../grants/admission.ts'
import type { ScopeClaims } from '../protocol/claims.ts'
import type { ClaimsRequest } from '../protocol/claims-request.ts'
import type { Prompt } from '../protocol/prompt.ts'
import type { User } from '../users/user.ts'

/** Whether the person must approve: at each time, unless they have before, or not at all. */
export type ConsentRule = 'always' | 'once' | 'never'

/** What a person is asked for, whoever asks. The order of steps, their pages and their forms know no more than this. */
export interface Ask {
  /** Whose access it is about; undefined if this server asks on its own behalf. */
  client: Client | undefined
  /** The identity of what is asked, for proofs and forms. Empty if nothing is: a login then proves nothing beside itself. */
  digest: string
  /** The path on this server, with its query, to which each step leads back. Who asks makes it; no request says it. */
  back: string
  prompt: readonly Prompt[]
  /** Seconds. */
  max_age: number | undefined
  /** The authentication context classes of which one is essential (OpenID Connect Core §5.5.1.1); undefined for any. */
  acr: readonly string[] | undefined
  login_hint: string | undefined
  /** The `sub`s, as this client knows them, of which the answer must be about one; undefined for anybody's. */
  subjects: readonly string[] | undefined
  /** What is granted in the end. */
  scope: string
  /** The claims that are asked for by name; null for none. */
  claims: ClaimsRequest | null
  /** Whom the access is for (RFC 8707); undefined for this server itself. */
  resource: readonly string[] | undefined
  /** What the person must have approved: the scope, and what the claims asked for by name stand for. */
  consent_scope: string
  /** The same, by what it is for. */
  approval: Approved
  consent: ConsentRule
  /** How long the access lasts, if it is renewed: what the person must know beside the scopes. */
  stays: 'until_logout' | 'after_logout' | undefined
  /** Whether the login is to confirm that it is who is logged in, and not somebody else at their browser. */
  confirms?: boolean
  /** The URI that the browser goes to in the end, if it is none of this server's. */
  destination: string | undefined
}

/** A login that nobody asked for: it leads to `back`, a page of this server. */
export function plainLogin(back: string): Ask {
  return {
    client: undefined,
    digest: '',
    back,
    prompt: [],
    max_age: undefined,
    acr: undefined,
    login_hint: undefined,
    subjects: undefined,
    scope: '',
    claims: null,
    resource: undefined,
    consent_scope: '',
    approval: { scope: '' },
    consent: 'never',
    stays: undefined,
    destination: undefined,
  }
}

/** Returns the same ask to this person: without what they may not grant, by scope or by the name of a claim. */
export function askTo<A extends Ask>(
  ask: A,
  user: Pick<User, 'withheld_scopes'>,
  scopes: Pick<ScopeClaims, 'within'>,
): A {
  const scope = grantableScope(ask.scope, user)
  const consent_scope = grantableScope(ask.consent_scope, user)
  if (scope === ask.scope && consent_scope === ask.consent_scope) return ask
  // Whoever may grant more later has not agreed to it now: the grant must not remember that it was asked for.
  const left = (names: readonly string[]) => scopes.within(names, consent_scope)
  const claims = ask.claims && {
    ...ask.claims,
    userinfo: left(ask.claims.userinfo),
    id_token: left(ask.claims.id_token),
  }
  const approval = grantableApproval(ask.approval, user)
  return { ...ask, scope, consent_scope, approval, claims }
}

function grantableApproval({ scope, resources }: Approved, user: Pick<User, 'withheld_scopes'>): Approved {
  const own = { scope: grantableScope(scope, user) }
  if (resources === undefined) return own
  const rest = Object.entries(resources).map(([key, at]) => [key, grantableScope(at, user)] as const)
  return { ...own, resources: Object.fromEntries(rest) }
}
