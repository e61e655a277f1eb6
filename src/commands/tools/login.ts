import { createHash, randomBytes } from 'node:crypto'
import { jwtVerify } from 'jose'
import { ConfigError } from '../../config/config-error.ts'
import { type Action, WrongUse } from '../action.ts'
import { CLIENT_OPTIONS, clientOf, posted } from './client.ts'
import { type Flow, listenAt, loopbackUri } from './loopback.ts'
import { openBrowser } from './open-browser.ts'
import { ISSUER_OPTION, issuerOf, keySetOf, type Metadata, metadataOf } from './server.ts'

export const login: Action = {
  summary: 'logs in as an application would (code flow with PKCE), and prints the tokens',
  takes: '<client_id>',
  options: {
    ...ISSUER_OPTION,
    scope: { value: 'scope', summary: 'openid without it' },
    'redirect-uri': {
      value: 'uri',
      summary:
        'a URI of http and a loopback host that the client has registered; without it http://127.0.0.1/callback, on a free port',
    },
    prompt: { value: 'prompt', summary: 'as the parameter: login, consent, select_account or none' },
    secret: { summary: 'asks for the secret of the client; a public one has none' },
    ...CLIENT_OPTIONS,
    open: { summary: 'opens the browser' },
  },
  examples: [
    'clients add cli --public --redirect-uri http://127.0.0.1/callback --scope "openid email"',
    'login cli --scope "openid email" --open',
    'login my-app --secret --redirect-uri http://localhost:3000/auth/callback',
  ],
  async run(given, output) {
    const uri = loopbackUri(given.text('redirect-uri'))
    if (given.flag('post') && !given.flag('secret'))
      throw new WrongUse('--post sends a secret: say --secret too')
    const metadata = await metadataOf(issuerOf(given))
    const { client } = await clientOf(given, { isPublic: !given.flag('secret') })
    const { client_id } = client
    const listener = await listenAt(uri)
    try {
      const { redirect_uri } = listener
      const [scope, prompt] = [given.text('scope') ?? 'openid', given.text('prompt')]
      const flow = beginning({ client_id, redirect_uri, scope, ...(prompt && { prompt }) }, metadata)
      process.stderr.write(`Open this in a browser, log in and approve:\n${flow.url}\n`)
      if (given.flag('open')) openBrowser(flow.url)
      const code = await listener.codeOf(flow, metadata)
      const form = { grant_type: 'authorization_code', code, redirect_uri, code_verifier: flow.verifier }
      const tokens = await posted(metadata.token_endpoint, form, { client, metadata })
      const claims = await claimsOf(tokens, { client_id, flow, metadata })
      output.fields({ ...tokens, ...(claims !== undefined && { claims }) })
    } finally {
      listener.close()
    }
  },
}

function beginning(asked: Record<string, string>, { authorization_endpoint }: Metadata): Flow {
  const draw = (bytes: number) => randomBytes(bytes).toString('base64url')
  const [state, nonce, verifier] = [draw(16), draw(16), draw(32)]
  const url = new URL(authorization_endpoint)
  const parameters = {
    ...asked,
    ...{ response_type: 'code', state, nonce, code_challenge_method: 'S256' },
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
  }
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
  return { url: url.href, state, nonce, verifier }
}

/** The verified claims of the ID token, if there is one. Throws `ConfigError` if it is not good. */
async function claimsOf(
  { id_token }: Record<string, unknown>,
  { client_id, flow, metadata }: { client_id: string; flow: Flow; metadata: Metadata },
): Promise<object | undefined> {
  if (typeof id_token !== 'string') return undefined
  const expected = { issuer: metadata.issuer, audience: client_id }
  const { payload } = await jwtVerify(id_token, await keySetOf(metadata), expected).catch((error) => {
    throw new ConfigError(`the ID token is not good: ${(error as Error).message}`)
  })
  // OpenID Connect Core §3.1.3.7.
  if (payload.nonce !== flow.nonce)
    throw new ConfigError('the ID token has another nonce: it is of another login')
  return payload
}
