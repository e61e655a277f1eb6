import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer as createTcp } from 'node:net'
import type { TestContext } from 'node:test'
import { buildServer, type TestServer, type TestServerOptions } from './server.ts'

/** A port of this machine that is free now. */
export async function freePort(): Promise<number> {
  const probe = createTcp()
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
  const { port } = probe.address() as AddressInfo
  await new Promise((resolve) => probe.close(resolve))
  return port
}

/** A real listener of the server under test. */
export async function listen(
  t: TestContext,
  options: TestServerOptions = {},
): Promise<TestServer & { issuer: string }> {
  const env = { PORT: String(await freePort()), ...options.env }
  const server = await buildServer(t, { ...options, env })
  await server.app.listen({ host: '127.0.0.1', port: server.config.env.PORT })
  return { ...server, issuer: server.config.issuer }
}

/** A client application's own server: answers every request with `respond`, and remembers the URLs. */
export async function clientServer(
  t: TestContext,
  respond: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<{ origin: string; seen: { url: string; body: string }[] }> {
  const seen: { url: string; body: string }[] = []
  const server: Server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => {
      body += chunk
    })
    request.on('end', () => {
      if (request.url !== '/favicon.ico') seen.push({ url: request.url ?? '', body })
      respond(request, response)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen }
}
