import type { AllowedResources } from '../clients/allowed-resources.ts'
import { requireAllowedTerms } from '../clients/allowed-terms.ts'
import type { Client } from '../clients/client.ts'
import type { SecurityEvent } from '../events/events.ts'
import { admits, grantableScope } from '../grants/admission.ts'
import { revokedEvent } from '../grants/found-grant.ts'
import type { Grants } from '../grants/grants.ts'
import type { NewGrant } from '../grants/new-grant.ts'
import type { LoginGuard } from '../logins/login-guard.ts'
import { OAuthError } from '../protocol/errors.ts'
import { narrowTerms, type RequestedTerms, readTerms, type Terms } from '../protocol/terms.ts'
import { randomText } from '../secrets/random.ts'
import type { User } from '../users/user.ts'
import type { GrantType, Proven, Prover } from './grant-type.ts'
import { notAllowed } from './not-allowed.ts'

interface PasswordRequest {
  username: string
  password: string
  requested: RequestedTerms
  address: string
}

/**
 * RFC 6749 §4.3: the client sends the person's password. For clients that cannot do without it yet (RFC 9700 §2.4 forbids
 * it). Guesses count as on the login page, and hashing waits in the same bounded queue.
 */
export const PASSWORD: GrantType = {
  grant_type: 'password',
  subject: 'person',
  refreshable: true,
  onDemand: true,
  prover,
}

function prover(context: {
  grants: Grants
  guard: LoginGuard
  allowed: AllowedResources
  now: () => number
}): Prover<PasswordRequest> {
  const { grants, guard, allowed: resources } = context
  return {
    readRequest({ parameters, address }) {
      return {
        username: parameters.required('username'),
        password: parameters.required('password'),
        requested: readTerms(parameters, resources.read(parameters)),
        address,
      }
    },

    async prove(request, client, now) {
      const allowed = await requireAllowedTerms(client, request.requested, resources)
      const { username, address } = request
      const guess = { username, address, device: undefined }
      const guessed = await guard.guess(guess, request.password, context.now())
      if (guessed.result === 'wait') return waiting(client, guessed)
      if (guessed.result === 'wrong') return wrong(client, guessed.sub)
      const { user } = guessed
      const terms = narrowTerms(allowed, grantableScope(allowed.scope, user))
      const nothing = terms.scope === '' && allowed.scope !== ''
      if (nothing || !admits(client, user)) return notAllowed(client, user.sub)
      return granted(user, { client, terms }, now)
    },
  }

  async function granted(
    user: User,
    { client, terms }: { client: Client; terms: Terms },
    now: number,
  ): Promise<Proven> {
    const { client_id } = client
    const lifetimes = resources.lifetimesAt(terms.resource, client)
    const { sub, credential } = user
    const facts: NewGrant = {
      ...terms,
      client_id,
      sub,
      // A login of its own, which no browser has: only another password or a revocation ends it.
      sid: randomText(16),
      lasting: 'standing',
      auth_time: now,
      amr: ['pwd'],
      credential,
      code_expires_at: now,
      grant_max_ttl: lifetimes.grant_max_ttl,
    }
    const options = { code: false, refresh: client.grant_types.has('refresh_token'), lifetimes }
    const { id, grant, tokens, ended } = await grants.createWithToken(facts, options, now)
    const events: SecurityEvent[] = [
      { event: 'login', sub, client_id, grant_id: id },
      ...ended.map((found) => revokedEvent(found, 'too many grants of one person')),
    ]
    return { outcome: 'grant', grant_id: id, grant, user, tokens, events }
  }
}

function wrong({ client_id }: Client, sub: string | undefined): Proven {
  const error = new OAuthError('invalid_grant', 'the user name or the password is wrong')
  return { outcome: 'refused', error, events: [{ event: 'login_failed', client_id, sub }] }
}

function waiting(
  { client_id }: Client,
  { seconds, sub }: { seconds: number; sub: string | undefined },
): Proven {
  const error = new OAuthError('temporarily_unavailable', 'too many wrong guesses; try again later', {
    status: 429,
    retryAfter: seconds,
  })
  return { outcome: 'refused', error, events: [{ event: 'login_throttled', client_id, sub, seconds }] }
}
