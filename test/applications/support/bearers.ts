import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import type { ClientEntry } from '../../../src/config/schema.ts'
import { type Site, site } from './site.ts'

const SECRET = 'a secret of another application'
const OTHER = { client_secret: SECRET, grant_types: ['password'], scope: 'openid notes.read write' }
const CLIENTS = [
  { ...OTHER, client_id: 'app' },
  { ...OTHER, client_id: 'jwt-app', access_token_format: 'jwt' as const },
]

/** Tokens as they come to an API: those that it takes, and those that it must not. */
export interface Bearers {
  /** A person's access tokens with the scopes `openid notes.read`. */
  opaque: string
  jwt: string
  /** The recipe's client's own. */
  own: string
  idToken: string
  /** One of the scope `openid write`. */
  narrow: string
  /** One like `jwt`, of another issuer. */
  foreign: string
}

/** A server with the recipe's client and `others`, and tokens of it. */
export async function bearers(
  t: TestContext,
  heading: string,
  others: readonly ClientEntry[] = [],
): Promise<{ at: Site; tokens: Bearers }> {
  const clients = [...CLIENTS, ...others]
  const [at, elsewhere] = [await site(t, heading, { clients }), await site(t, heading, { clients })]
  const login = { grant_type: 'password', username: 'ada', password: 'a password of ada' }
  const read = { ...login, scope: 'openid notes.read' }
  const { client_id, client_secret = '' } = at.recipe.client
  const [opaque, jwt] = [
    await tokensOf(at, ['app', SECRET], read),
    await tokensOf(at, ['jwt-app', SECRET], read),
  ]
  const own = await tokensOf(at, [client_id, client_secret], { grant_type: 'client_credentials' })
  const narrow = await tokensOf(at, ['jwt-app', SECRET], { ...login, scope: 'openid write' })
  const foreign = await tokensOf(elsewhere, ['jwt-app', SECRET], read)
  const tokens = {
    ...{ opaque: opaque.access_token, jwt: jwt.access_token, own: own.access_token },
    ...{ idToken: jwt.id_token, narrow: narrow.access_token, foreign: foreign.access_token },
  }
  for (const [name, token] of Object.entries(tokens)) assert.equal(typeof token, 'string', name)
  return { at, tokens: tokens as unknown as Bearers }
}

async function tokensOf({ issuer }: Site, [id, secret]: [string, string], form: Record<string, string>) {
  const answer = await fetch(`${issuer}/oauth/tokenize`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${id}:${secret}`)}` },
    body: new URLSearchParams(form),
  })
  assert.equal(answer.status, 200)
  return (await answer.json()) as Record<string, string>
}
