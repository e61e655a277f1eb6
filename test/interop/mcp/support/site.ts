import type { TestContext } from 'node:test'
import type { ClientEntry, ResourceEntry } from '../../../../src/config/schema.ts'
import { freePort, listen } from '../../../support/listen.ts'
import type { TestServer } from '../../../support/server.ts'
import { type NotesServer, notesServer } from './notes-server.ts'

/** How the MCP server finds out what a token is: it asks Postern, or it reads the JWT with Postern's keys. */
export type TokenFormat = NonNullable<ResourceEntry['access_token_format']>

/** Postern, and an MCP server whose tokens it issues, each on a port of its own. */
export interface Site extends TestServer, NotesServer {
  /** As it stands in the metadata. */
  issuer: string
}

/** Who logs in. */
export const ADMIN = { username: 'admin', password: 'admin' }

/** Starts both. `path` is the issuer's. They end with the test. */
export async function mcpSite(
  t: TestContext,
  { format, path = '', clients = [] }: { format: TokenFormat; path?: string; clients?: ClientEntry[] },
): Promise<Site> {
  const [port, notesPort] = [await freePort(), await freePort()]
  const resource = `http://localhost:${notesPort}/mcp`
  const asker = { client_id: 'notes', client_secret: 'a secret of the MCP server' }
  const server = await listen(t, {
    env: { PORT: String(port), ISSUER: `http://localhost:${port}${path}` },
    clients: [{ ...asker, grant_types: ['client_credentials'], introspect_any: true }, ...clients],
    scopes: { 'notes.read': 'Read your notes', 'notes.write': 'Change your notes' },
    change(entries) {
      entries.any_resource = false
      entries.resources = [
        {
          ...{ resource, resource_name: 'Notes', scopes: ['notes.read', 'notes.write'] },
          ...{ public: true, access_token_format: format },
        },
      ]
    },
  })
  const { clock, issuer } = server
  const notes = await notesServer(t, { issuer, resource, format, asker, now: () => clock.now })
  return { ...server, ...notes }
}
