import type { AllowedResources } from '../clients/allowed-resources.ts'
import { requireAllowedTerms } from '../clients/allowed-terms.ts'
import { type RequestedTerms, readTerms } from '../protocol/terms.ts'
import type { GrantType, Prover } from './grant-type.ts'

/** RFC 6749 §4.4: the client itself is the proof. No refresh token, and nothing is stored. */
export const CLIENT_CREDENTIALS: GrantType = {
  grant_type: 'client_credentials',
  subject: 'client',
  // RFC 6749 §4.4: MUST only be used by confidential clients.
  confidential: true,
  prover,
}

function prover({ allowed }: { allowed: AllowedResources }): Prover<RequestedTerms> {
  return {
    readRequest: ({ parameters }) => readTerms(parameters, allowed.read(parameters)),

    async prove(requested, client) {
      return { outcome: 'client', terms: await requireAllowedTerms(client, requested, allowed), events: [] }
    },
  }
}
