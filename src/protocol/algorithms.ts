/** The algorithms that we sign with (RFC 7518 §3.1, RFC 8037). RS256 first: every client understands it. */
export const SIGNING_ALGORITHMS = ['RS256', 'ES256', 'EdDSA', 'PS256'] as const
export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number]
