/** better-auth with its OAuth provider, on SQLite in memory, behind Node's own HTTP server as its documentation has it. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { toNodeHandler } from 'better-auth/node'
import { CLIENTS, REDIRECT_URI, SCOPE } from '../harness/registration.ts'
import { openLog, settings } from '../servers/server.ts'
import { auth } from './better-auth-setup.ts'
import { readForm } from './forms.ts'
import { consentPage, loginPage } from './pages.ts'

const { port } = settings()
const log = openLog()
const handle = toNodeHandler(auth)

let count = 0

const server = createServer(async (request, response) => {
  const req = (++count).toString(36)
  const begun = performance.now()
  const path = (request.url ?? '').split('?')[0] ?? ''
  response.on('finish', () => {
    const { statusCode: status } = response
    logEvent(req, path, response)
    const ms = Math.round((performance.now() - begun) * 10) / 10
    log.info(
      { req, method: request.method, route: path, status, ms, ip: request.socket.remoteAddress },
      'request',
    )
  })
  if (path === '/login' || path === '/consent') await page(request, response, { path, req })
  else await handle(request, response)
})

// The lines of security events that Postern writes.
function logEvent(req: string, path: string, response: ServerResponse): void {
  const { client_id } = CLIENTS.web
  if (path.endsWith('/oauth2/token') && response.statusCode === 200)
    log.info({ req, event: 'token_issued', client_id, grant_type: 'unknown', scope: SCOPE }, 'token_issued')
  if (String(response.getHeader('location') ?? '').startsWith(REDIRECT_URI))
    log.info({ req, event: 'code_issued', client_id, sub: 'unknown' }, 'code_issued')
}

// Login and consent, in the smallest form: what the library leaves to the application.
async function page(
  request: IncomingMessage,
  response: ServerResponse,
  { path, req }: { path: string; req: string },
): Promise<void> {
  const url = request.url ?? ''
  if (request.method === 'GET') {
    response.setHeader('content-type', 'text/html')
    const action = url.replaceAll('&', '&amp;')
    response.end(path === '/login' ? loginPage(action) : consentPage(action))
    return
  }
  const { username = '', password = '' } = await readForm(request)
  const oauth_query = url.slice(url.indexOf('?') + 1)
  const answer =
    path === '/login'
      ? await call(request, 'sign-in/email', { email: `${username}@bench.example`, password, oauth_query })
      : await call(request, 'oauth2/consent', { accept: true, oauth_query })
  const { url: next } = (await answer.json().catch(() => ({}))) as { url?: string }
  if (!answer.ok || next === undefined) {
    response.writeHead(401).end('wrong')
    return
  }
  const event = path === '/login' ? 'login' : 'consent_granted'
  log.info({ req, event, client_id: CLIENTS.web.client_id, sub: username }, event)
  response.setHeader('set-cookie', answer.headers.getSetCookie())
  response.setHeader('location', next)
  response.writeHead(303).end()
}

// As a script on the page would: the library answers JSON, with the cookies and the next URL.
function call({ headers: { cookie = '' } }: IncomingMessage, path: string, body: object): Promise<Response> {
  const origin = `http://localhost:${port}`
  const headers = { cookie, origin, accept: 'application/json', 'content-type': 'application/json' }
  const request = new Request(`${origin}/api/auth/${path}`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  })
  return auth.handler(request)
}

server.listen(port, '127.0.0.1')
