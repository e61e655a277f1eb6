import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { type IncomingHttpHeaders, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

/** A certificate of a name, which signs itself. */
export interface Certificate {
  key: string
  cert: string
  /** Its file, for `NODE_EXTRA_CA_CERTS`. */
  file: string
}

/** Makes one that is good from now on for `days`. It goes with the test. */
export function certificateFor(t: TestContext, name: string, days: number): Certificate {
  const folder = mkdtempSync(join(tmpdir(), 'postern-tls-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const [key, file] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const subject = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`]
  const made = ['-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', file, '-days', String(days)]
  execFileSync('openssl', ['req', '-x509', ...made, ...subject], { stdio: 'ignore' })
  return { key: readFileSync(key, 'utf8'), cert: readFileSync(file, 'utf8'), file }
}

/** What a proxy does with a request and its answer. */
export interface ProxyWays {
  /** The headers that the server behind it gets. */
  pass(headers: IncomingHttpHeaders): IncomingHttpHeaders
  /** Whether it passes a request with this path on; all of them without it. */
  passes?(path: string): boolean
  /** Headers that replace those of an answer. */
  answer?: Record<string, string>
}

/** A proxy with TLS before the server at `port`. Returns its own port; `ways` is asked at each request. Ends with the test. */
export function tlsProxy(
  t: TestContext,
  { key, cert }: Certificate,
  { listen, port, ways }: { listen: number; port: number; ways: () => ProxyWays },
): Promise<void> {
  const serve = (incoming: IncomingMessage, reply: ServerResponse) => {
    const { pass, passes = () => true, answer } = ways()
    const { method, url: path = '', headers } = incoming
    if (!passes(path)) return reply.writeHead(404).end('<h1>not here</h1>')
    const onward = request({ port, method, path, headers: pass(headers) }, (response) => {
      reply.writeHead(response.statusCode ?? 502, { ...response.headers, ...answer })
      response.pipe(reply)
    })
    incoming.pipe(onward)
  }
  const server = createServer({ key, cert }, serve)
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return new Promise((resolve) => server.listen(listen, '127.0.0.1', resolve))
}
