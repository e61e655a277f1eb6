import type { FastifyInstance } from 'fastify'
import { Agent } from './browser-agent.ts'
import * as introduced from './introduced.ts'

/** What a client says of itself that means no good, or whatever a test lets it say beside. */
export const URI = 'https://agent.example/cb'
export const AGENT = { client_name: 'Agent', redirect_uris: [URI], token_endpoint_auth_method: 'none' }

/** The URL by which it asks. */
export const asking = (client_id: string, more: Record<string, string> = {}) =>
  introduced.asking(client_id, URI, more)

/** Exchanges its code. */
export const exchanged = (app: FastifyInstance, client_id: string, code: string) =>
  introduced.exchanged(app, client_id, URI, code)

/** Logs in and approves, as `admin`; gives the answer of the token endpoint. */
export async function approved(app: FastifyInstance, client_id: string, more: Record<string, string> = {}) {
  const code = (await new Agent(app).authorize(asking(client_id, more))).get('code') ?? ''
  return exchanged(app, client_id, code)
}

/** Registers it with any metadata. */
export async function registered(app: FastifyInstance, metadata: object) {
  const answer = await app.inject({
    ...{ method: 'POST', url: '/oauth/register', payload: JSON.stringify(metadata) },
    headers: { 'content-type': 'application/json', host: 'localhost:8000' },
  })
  return { status: answer.statusCode, body: answer.json() }
}
