/** What an application keeps of a login. */
export interface Kept {
  client?: { client_id: string }
  tokens?: { access_token: string; refresh_token: string; scope: string }
  /** Where it wants the browser to go. */
  url?: URL
  verifier?: string
  discovery?: object
  state?: string
  server?: object
}

/** Where the browser comes back to. */
export const REDIRECT = 'http://127.0.0.1:33418/callback'

/** What an application hands to the clients of the MCP SDK and of others that are made alike: how it keeps, and in what. */
export function providerOf(kept: Kept, client_name: string) {
  const keep = (name: keyof Kept) => (value: never) => {
    kept[name] = value
  }
  return {
    redirectUrl: REDIRECT,
    clientMetadata: { client_name, redirect_uris: [REDIRECT], token_endpoint_auth_method: 'none' },
    clientInformation: () => kept.client,
    saveClientInformation: keep('client'),
    tokens: () => kept.tokens,
    saveTokens: keep('tokens'),
    redirectToAuthorization: keep('url'),
    saveCodeVerifier: keep('verifier'),
    codeVerifier: () => kept.verifier,
    saveDiscoveryState: keep('discovery'),
    discoveryState: () => kept.discovery,
  }
}
