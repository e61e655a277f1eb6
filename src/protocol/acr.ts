/** The authentication context classes that a login here can reach (OpenID Connect Core §2, `acr`). */
export const ACR_VALUES = ['urn:postern:acr:password'] as const

/** The class that a login by these methods (RFC 8176 names) has reached. Every login here is one by password. */
export function acrOf(_amr: readonly string[]): string {
  return ACR_VALUES[0]
}
