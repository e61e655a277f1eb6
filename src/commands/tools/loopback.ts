import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ConfigError } from '../../config/config-error.ts'
import { WrongUse } from '../action.ts'
import type { Metadata } from './server.ts'

// Milliseconds: as long as somebody looks for their password.
const PATIENCE = 300_000

/** A login that was begun: where the browser goes, and what tells its answer from others. */
export interface Flow {
  url: string
  state: string
  nonce: string
  verifier: string
}

/** Where the browser brings the answer to. */
export interface Listener {
  redirect_uri: string
  /** The code that the browser brings. Throws `ConfigError` for an answer of refusal, and if none comes in five minutes. */
  codeOf(flow: Flow, metadata: Metadata): Promise<string>
  close(): void
}

/** A redirect URI of this machine: its text, which is compared byte for byte, and where that leads to. */
export interface LoopbackUri {
  text: string
  host: string
  /** 0 for any that is free (RFC 8252 §7.3). */
  port: number
  path: string
}

/** Reads one. Throws `WrongUse` if the browser would not come to this machine with it. */
export function loopbackUri(text = 'http://127.0.0.1/callback'): LoopbackUri {
  const [, host, digits = '0'] =
    /^http:\/\/(127\.0\.0\.1|\[::1\]|localhost)(?::(\d{1,5}))?(?=[/?]|$)/i.exec(text) ?? []
  const url = URL.parse(text)
  const port = Number(digits)
  if (host === undefined || url === null || url.hash !== '' || port > 65_535)
    throw new WrongUse(
      '--redirect-uri must be http://127.0.0.1, http://[::1] or http://localhost, with a port and a path as they are registered',
    )
  return { text, host, port, path: url.pathname }
}

/** Listens at a redirect URI. Throws `ConfigError` if that cannot be listened at. */
export async function listenAt(uri: LoopbackUri): Promise<Listener> {
  const server = createServer().listen(uri.port, uri.host.replace(/^\[|\]$/g, ''))
  await once(server, 'listening').catch((error) => {
    throw new ConfigError(
      `${uri.host}:${uri.port} cannot be listened at (${(error as NodeJS.ErrnoException).code}); stop the application there, or register another port`,
    )
  })
  const { port } = server.address() as AddressInfo
  return {
    redirect_uri: uri.port === 0 ? uri.text.replace(uri.host, `${uri.host}:${port}`) : uri.text,
    async codeOf(flow, metadata) {
      const ended = AbortSignal.timeout(PATIENCE)
      for (;;) {
        const [request, response] = (await once(server, 'request', { signal: ended }).catch(() => {
          throw new ConfigError('nobody came back within five minutes')
        })) as [IncomingMessage, ServerResponse]
        const answer = new URL(request.url ?? '', 'http://127.0.0.1')
        const ours = answer.pathname === uri.path && isAnswerTo(flow, answer.searchParams, metadata)
        response.writeHead(ours ? 200 : 404, { 'content-type': 'text/plain; charset=utf-8' })
        response.end(
          ours ? 'You can close this tab: the rest is in the terminal.\n' : 'Nobody waits for this.\n',
        )
        if (ours) return codeIn(answer.searchParams)
      }
    },
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

// RFC 6749 §10.12: another state is nobody's answer; RFC 9207 §2.4: nor is that of another issuer, or of none.
function isAnswerTo({ state }: Flow, answer: URLSearchParams, metadata: Metadata): boolean {
  const { issuer, authorization_response_iss_parameter_supported: named } = metadata
  const iss = answer.get('iss')
  return answer.get('state') === state && (iss === issuer || (iss === null && named !== true))
}

function codeIn(answer: URLSearchParams): string {
  const code = answer.get('code')
  if (code !== null) return code
  const { error = 'nothing', error_description = '' } = Object.fromEntries(answer)
  throw new ConfigError(`the server answers ${error}${error_description && ` (${error_description})`}`)
}
