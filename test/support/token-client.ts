import type { FastifyInstance } from 'fastify'
import { Agent, WALK } from './browser-agent.ts'

export const BASIC = `Basic ${Buffer.from('test_client:password').toString('base64')}`

export interface Reply {
  status: number
  headers: Record<string, unknown>
  // biome-ignore lint/suspicious/noExplicitAny: JSON of the server under test
  body: any
}

/** Posts a form to one of the direct endpoints. `authorization: ''` sends none. */
export async function direct(
  app: FastifyInstance,
  form: Record<string, string> | string,
  { url = '/oauth/tokenize', authorization = BASIC }: { url?: string; authorization?: string } = {},
): Promise<Reply> {
  const response = await app.inject({
    method: 'POST',
    url,
    headers: {
      host: 'localhost:8000',
      'content-type': 'application/x-www-form-urlencoded',
      ...(authorization && { authorization }),
    },
    payload: typeof form === 'string' ? form : new URLSearchParams(form).toString(),
  })
  const json = String(response.headers['content-type']).startsWith('application/json')
  return {
    status: response.statusCode,
    headers: response.headers,
    body: json ? response.json() : response.body,
  }
}

export const REDIRECT = 'https://www.example.com/redirect'

export function exchange(
  app: FastifyInstance,
  code: string,
  more: Record<string, string> = {},
): Promise<Reply> {
  return direct(app, { grant_type: 'authorization_code', code, redirect_uri: REDIRECT, ...more })
}

export function refresh(app: FastifyInstance, refresh_token: string, more = {}): Promise<Reply> {
  return direct(app, { grant_type: 'refresh_token', refresh_token, ...more })
}

export function introspect(app: FastifyInstance, token: string, authorization = BASIC): Promise<Reply> {
  return direct(app, { token }, { url: '/oauth/introspect', authorization })
}

/** A fresh code of the demo's client, by the whole walk. */
export async function freshCode(app: FastifyInstance, url = WALK): Promise<string> {
  return (await new Agent(app).authorize(url)).get('code') as string
}

/** Fresh tokens of the demo's client. */
export async function freshTokens(app: FastifyInstance): Promise<Reply['body']> {
  return (await exchange(app, await freshCode(app))).body
}

export function basic(client_id: string, client_secret: string): string {
  return `Basic ${Buffer.from(`${client_id}:${client_secret}`).toString('base64')}`
}
