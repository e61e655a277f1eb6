import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { decodeJwt, decodeProtectedHeader, generateKeyPair, SignJWT } from 'jose'
import { HttpBrowser } from '../../support/http-browser.ts'
import type { McpSite } from './mcp-site.ts'

const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
const REDIRECT = 'http://127.0.0.1/callback'

/** Tokens as a client that registered itself gets them, all but one not for the MCP server. */
export async function mcpTokens(site: McpSite) {
  const { resource, other } = site
  const right = await tokens(site, { scope: 'openid notes.read', resource })
  return {
    right: right.access_token,
    /** For the server, but without its scope. */
    narrow: (await tokens(site, { scope: 'openid', resource })).access_token,
    refused: {
      'for another server': (await tokens(site, { scope: 'notes.read', resource: other })).access_token,
      'for Postern itself': (await tokens(site, { scope: 'openid notes.read' })).access_token,
      'an ID token': right.id_token,
      'a refresh token': right.refresh_token,
      'signed by somebody else': await forged(right.access_token),
      'signed by nobody': right.access_token.replace(/[^.]+$/, ''),
      'no token at all': 'nothing',
    } as Record<string, string>,
  }
}

async function tokens({ issuer, ada }: McpSite, asks: Record<string, string>) {
  const registered = await fetch(`${issuer}/oauth/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ redirect_uris: [REDIRECT], token_endpoint_auth_method: 'none' }),
  })
  const { client_id } = (await registered.json()) as { client_id: string }
  const query = new URLSearchParams({
    ...{ response_type: 'code', client_id, redirect_uri: REDIRECT, state: 's', ...asks },
    ...{ code_challenge: hash('sha256', VERIFIER, 'base64url'), code_challenge_method: 'S256' },
  })
  const back = await new HttpBrowser().walk(`${issuer}/oauth/authorize?${query}`, REDIRECT, ada)
  const code = back.searchParams.get('code') ?? ''
  const answer = await fetch(`${issuer}/oauth/tokenize`, {
    method: 'POST',
    body: new URLSearchParams({
      ...{ grant_type: 'authorization_code', code, client_id, redirect_uri: REDIRECT },
      code_verifier: VERIFIER,
    }),
  })
  assert.equal(answer.status, 200)
  return (await answer.json()) as { access_token: string; refresh_token: string; id_token: string }
}

/** The same token, with the same name of a key, by another key. */
async function forged(token: string): Promise<string> {
  const { privateKey } = await generateKeyPair('RS256')
  const { kid, typ } = decodeProtectedHeader(token)
  return new SignJWT(decodeJwt(token))
    .setProtectedHeader({ alg: 'RS256', ...(kid && { kid }), ...(typ && { typ }) })
    .sign(privateKey)
}
