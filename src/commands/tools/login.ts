import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { ConfigError } from '../../config/config-error.ts'
import type { Action } from '../action.ts'
import { readSecrets } from '../read-secret.ts'
import { ISSUER_OPTION, issuerOf, type Metadata, metadataOf, posted } from './server.ts'
import { granted } from './token.ts'

// Milliseconds: as long as somebody looks for their password.
const PATIENCE = 300_000

export const login: Action = {
  summary: 'logs in as an application would (code flow with PKCE), and prints the tokens',
  takes: '<client_id>',
  options: {
    ...ISSUER_OPTION,
    scope: { value: 'scope', summary: 'openid without it' },
    port: {
      value: 'port',
      summary:
        'of http://127.0.0.1:<port>/callback, which the client has registered; any free one without it',
    },
    secret: { summary: 'asks for the secret of the client' },
    open: { summary: 'opens the browser' },
  },
  examples: [
    'clients add cli --public --redirect-uri http://127.0.0.1/callback --scope "openid email"',
    'login cli --scope "openid email" --open',
  ],
  async run(given, output) {
    const [client_id = ''] = given.words
    const metadata = await metadataOf(issuerOf(given))
    const [client_secret] = given.flag('secret') ? await readSecrets(['Secret of the client']) : []
    const listener = createServer().listen(Number(given.text('port') ?? 0), '127.0.0.1')
    await once(listener, 'listening').catch((error) => {
      throw new ConfigError(`--port cannot be listened on (${(error as NodeJS.ErrnoException).code})`)
    })
    const redirect_uri = `http://127.0.0.1:${(listener.address() as AddressInfo).port}/callback`
    const flow = beginning({ client_id, redirect_uri, scope: given.text('scope') ?? 'openid' }, metadata)
    process.stderr.write(`Open this in a browser, log in and approve:\n${flow.url}\n`)
    if (given.flag('open')) openBrowser(flow.url)
    try {
      const code = await codeFrom(listener, flow, metadata)
      const form = { grant_type: 'authorization_code', code, redirect_uri, code_verifier: flow.verifier }
      const tokens = granted(await posted(metadata.token_endpoint, form, { client_id, client_secret }))
      output.fields({ ...tokens, ...(await claimsOf(tokens, { client_id, nonce: flow.nonce }, metadata)) })
    } finally {
      listener.closeAllConnections()
      listener.close()
    }
  },
}

interface Flow {
  url: string
  state: string
  nonce: string
  verifier: string
}

function beginning(
  asked: { client_id: string; redirect_uri: string; scope: string },
  { authorization_endpoint }: Metadata,
): Flow {
  const [state, nonce, verifier] = [16, 16, 32].map((size) => randomBytes(size).toString('base64url')) as [
    string,
    string,
    string,
  ]
  const url = new URL(authorization_endpoint)
  const code_challenge = createHash('sha256').update(verifier).digest('base64url')
  const parameters = {
    ...asked,
    response_type: 'code',
    state,
    nonce,
    code_challenge,
    code_challenge_method: 'S256',
  }
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
  return { url: url.href, state, nonce, verifier }
}

/** The code that the browser brings. Another `state` or `iss` (RFC 9207) than that of the flow is nobody's answer. */
async function codeFrom(listener: Server, { state }: Flow, { issuer }: Metadata): Promise<string> {
  const ended = AbortSignal.timeout(PATIENCE)
  for (;;) {
    const [request, response] = await once(listener, 'request', { signal: ended }).catch(() => {
      throw new ConfigError('nobody came back within five minutes')
    })
    const query = new URL(request.url, 'http://127.0.0.1').searchParams
    const iss = query.get('iss')
    const ours = query.get('state') === state && (iss === null || iss === issuer)
    response.setHeader('content-type', 'text/plain; charset=utf-8')
    response.statusCode = ours ? 200 : 404
    response.end(
      ours
        ? 'You can close this tab: the rest is in the terminal.\n'
        : 'This is not the answer that is waited for.\n',
    )
    if (!ours) continue
    const code = query.get('code')
    if (code !== null) return code
    throw new ConfigError(
      `the server answered ${query.get('error')}: ${query.get('error_description') ?? ''}`,
    )
  }
}

/** The verified claims of the ID token, if there is one. Throws `ConfigError` if it is not good. */
async function claimsOf(
  { id_token }: Record<string, unknown>,
  { client_id, nonce }: { client_id: string; nonce: string },
  { issuer, jwks_uri }: Metadata,
): Promise<{ claims?: object }> {
  if (typeof id_token !== 'string') return {}
  const keys = createRemoteJWKSet(new URL(jwks_uri))
  const { payload } = await jwtVerify(id_token, keys, { issuer, audience: client_id }).catch((error) => {
    throw new ConfigError(`the ID token is not good: ${(error as Error).message}`)
  })
  if (payload.nonce !== nonce) throw new ConfigError('the ID token has another nonce: it is of another login')
  return { claims: payload }
}

function openBrowser(url: string): void {
  const [program, ...first] =
    process.platform === 'darwin'
      ? ['open']
      : process.platform === 'win32'
        ? ['cmd', '/c', 'start', '']
        : ['xdg-open']
  // Where there is none, the URL above is enough.
  spawn(program as string, [...first, url], { stdio: 'ignore', detached: true })
    .on('error', () => {})
    .unref()
}
