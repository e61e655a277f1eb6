import type { Entries } from './schema.ts'

/** What the demo's banner and pages show of it. */
export const DEMO = {
  client_id: 'test_client',
  client_secret: 'password',
  redirect_uri: 'https://www.example.com/redirect',
  username: 'admin',
  password: 'admin',
} as const

/** The demo: one client, one user, a known password. Used only if no `CONFIG_FILE` is given. */
export const DEMO_ENTRIES: Entries = {
  clients: [
    {
      client_id: DEMO.client_id,
      client_secret: DEMO.client_secret,
      client_name: 'Test Client',
      redirect_uris: [DEMO.redirect_uri],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      scope: 'email',
      access_token_ttl: 300,
      refresh_token_ttl: 900,
    },
  ],
  users: [{ username: DEMO.username, password: DEMO.password, sub: 'admin', email: 'admin@example.com' }],
  scopes: {},
  registration: 'open',
  client_id_metadata_documents: 'on',
  any_resource: true,
}

/** The walk-through's authorization request, as a path. `base`: '' or the issuer's path. */
export function tryPath(base: string): string {
  const { client_id, redirect_uri } = DEMO
  const query = new URLSearchParams({
    client_id,
    redirect_uri,
    response_type: 'code',
    state: 'somestate',
    scope: 'email',
  })
  return `${base}/oauth/authorize?${query}`
}
