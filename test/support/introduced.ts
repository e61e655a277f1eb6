import { hash } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { direct } from './token-client.ts'

/** Whose challenge it asks with. */
export const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'

/** Registers a public client that introduces itself (RFC 7591). */
export async function register(
  app: FastifyInstance,
  client_name: string,
  ...redirect_uris: string[]
  // biome-ignore lint/suspicious/noExplicitAny: JSON of the server under test
): Promise<{ status: number; body: any }> {
  const answer = await app.inject({
    ...{ method: 'POST', url: '/oauth/register' },
    headers: { host: 'localhost:8000', 'content-type': 'application/json' },
    payload: JSON.stringify({ client_name, redirect_uris, token_endpoint_auth_method: 'none' }),
  })
  return { status: answer.statusCode, body: answer.json() }
}

/** The URL by which it asks. */
export function asking(client_id: string, redirect_uri: string, more: Record<string, string> = {}): string {
  const challenge = { code_challenge: hash('sha256', VERIFIER, 'base64url'), code_challenge_method: 'S256' }
  return `/oauth/authorize?${new URLSearchParams({ client_id, redirect_uri, response_type: 'code', state: 's', ...challenge, ...more })}`
}

/** Exchanges its code. */
export function exchanged(app: FastifyInstance, client_id: string, redirect_uri: string, code: string) {
  const form = { grant_type: 'authorization_code', code, redirect_uri, client_id, code_verifier: VERIFIER }
  return direct(app, form, { authorization: '' })
}

/** Refreshes. */
export function refreshed(app: FastifyInstance, client_id: string, refresh_token: string) {
  return direct(app, { grant_type: 'refresh_token', refresh_token, client_id }, { authorization: '' })
}
