import { requireAllowedTerms } from '../clients/allowed-terms.ts'
import { type RequestedTerms, readTerms } from '../protocol/terms.ts'
import type { GrantType } from './grant-type.ts'

/** RFC 6749 §4.4: the client itself is the proof. No refresh token, and nothing is stored. */
export function clientCredentials(): GrantType<RequestedTerms> {
  return {
    grant_type: 'client_credentials',

    readRequest: ({ parameters }) => readTerms(parameters),

    // A public client cannot be registered for this grant type.
    async prove(requested, client) {
      return { outcome: 'client', terms: requireAllowedTerms(client, requested), events: [] }
    },
  }
}
