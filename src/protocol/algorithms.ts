/** The algorithms that we sign with (RFC 7518 §3.1, RFC 8037). RS256 first: every client understands it. */
export const SIGNING_ALGORITHMS = ['RS256', 'ES256', 'EdDSA', 'PS256'] as const
export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number]

/**
 * The algorithms that clients may sign their assertions with (RFC 7518 §3.1, RFC 8037, RFC 9864): asymmetric ones alone. With
 * HS256 what proves the client would have to be known here, and a public key could be taken for it.
 */
export const ASSERTION_ALGORITHMS = ['ES256', 'ES384', 'RS256', 'PS256', 'EdDSA', 'Ed25519'] as const
export type AssertionAlgorithm = (typeof ASSERTION_ALGORITHMS)[number]
