import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { npmPackages } from '../../../applications/support/program.ts'
import type { TokenFormat } from './site.ts'

const SCOPES = ['notes.read', 'notes.write']

/** An MCP server with two tools: `read_notes` wants the scope notes.read, `write_notes` notes.write as well. */
export interface NotesServer {
  /** Its address, which is its identifier too. */
  resource: string
  /** The scopes of each token that opened it, in order. */
  opened: string[]
}

interface Surroundings {
  issuer: string
  resource: string
  format: TokenFormat
  /** The client as which it asks about opaque tokens. */
  asker: { client_id: string; client_secret: string }
  now: () => number
}

/** Starts one, of the MCP project's own server. It ends with the test. */
export async function notesServer(t: TestContext, about: Surroundings): Promise<NotesServer> {
  const { issuer, resource } = about
  const load = createRequire(join(npmPackages('mcp'), 'package.json'))
  const mcp = await import(load.resolve('@modelcontextprotocol/server'))
  const { toNodeHandler } = await import(load.resolve('@modelcontextprotocol/node'))
  const at = new URL(issuer)
  const described = `${at.origin}/.well-known/oauth-authorization-server${at.pathname === '/' ? '' : at.pathname}`
  const oauthMetadata = (await (await fetch(described)).json()) as Record<string, string>
  const served = { oauthMetadata, resourceServerUrl: new URL(resource), scopesSupported: ['notes.read'] }
  const claimsOf = about.format === 'jwt' ? byKeys(oauthMetadata, about) : byQuestion(oauthMetadata, about)
  const verifyAccessToken = async (token: string) => {
    const claims = await claimsOf(token)
    if (claims === undefined) throw new mcp.OAuthError('invalid_token', 'not a token for this server')
    const { client_id, scope, exp, sub } = claims
    return { token, clientId: client_id, scopes: scope.split(' '), expiresAt: exp, extra: { sub } }
  }
  const guard = (requiredScopes: string[]) =>
    mcp.requireBearerAuth({
      ...{ verifier: { verifyAccessToken }, requiredScopes },
      resourceMetadataUrl: mcp.getOAuthProtectedResourceMetadataUrl(served.resourceServerUrl),
    })
  const [reader, writer] = [guard(['notes.read']), guard(SCOPES)]
  const opened: string[] = []
  const tools = mcp.createMcpHandler(({ authInfo }: { authInfo: { extra: { sub: string } } }) => {
    const server = new mcp.McpServer({ name: 'notes', version: '1.0.0' })
    for (const [name, does] of Object.entries({ read_notes: 'read', write_notes: 'written' })) {
      const content = [{ type: 'text', text: `the notes of ${authInfo.extra.sub} are ${does}` }]
      server.registerTool(name, { description: `Notes are ${does}` }, () => ({ content }))
    }
    return server
  })
  const serve = async (request: Request) => {
    const metadata = mcp.oauthMetadataResponse(request, served)
    if (metadata !== undefined) return metadata
    const writes = (await request.clone().text()).includes('"write_notes"')
    const caller = await (writes ? writer : reader)(request)
    if (caller instanceof Response) return caller
    opened.push(caller.scopes.join(' '))
    return tools.fetch(request, { authInfo: caller })
  }
  const server = createServer(toNodeHandler({ fetch: serve }))
  await new Promise<void>((resolve) => server.listen(Number(new URL(resource).port), '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return { resource, opened }
}

interface Claims {
  client_id: string
  scope: string
  exp: number
  sub: string
}

function byKeys({ jwks_uri = '' }: Record<string, string>, { issuer, resource, now }: Surroundings) {
  const keys = createRemoteJWKSet(new URL(jwks_uri))
  return async (token: string): Promise<Claims | undefined> => {
    const rules = { issuer, audience: resource, typ: 'at+jwt', algorithms: ['RS256'] }
    const currentDate = new Date(now() * 1000)
    const read = await jwtVerify<Claims>(token, keys, { ...rules, currentDate }).catch(() => undefined)
    return read?.payload
  }
}

function byQuestion(metadata: Record<string, string>, { asker, resource }: Surroundings) {
  return async (token: string): Promise<Claims | undefined> => {
    const answer = await fetch(metadata.introspection_endpoint ?? '', {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${asker.client_id}:${asker.client_secret}`)}` },
      body: new URLSearchParams({ token }),
    })
    const found = (await answer.json()) as Claims & { active: boolean; aud: string }
    return found.active && found.aud === resource ? found : undefined
  }
}
