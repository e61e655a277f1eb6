import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'

/** A website with the documents of clients: each path answers what `serve` was told last, as it is now. */
export interface DocumentServer {
  origin: string
  /** Paths that were asked for, in order. */
  asked: string[]
  /** Serves a document under this path, with its own address as `client_id`; returns the address. */
  serve(path: string, document: Record<string, unknown>, headers?: Record<string, string>): string
  /** Answers this path in any way. */
  answer(path: string, respond: (response: ServerResponse) => void): string
}

/** Starts one on loopback; it ends with the test. */
export async function documentServer(t: TestContext): Promise<DocumentServer> {
  const paths = new Map<string, (response: ServerResponse) => void>()
  const asked: string[] = []
  const server = createServer((request, response) => {
    const path = request.url ?? ''
    asked.push(path)
    const respond = paths.get(path)
    if (respond === undefined) response.writeHead(404).end()
    else respond(response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const answer: DocumentServer['answer'] = (path, respond) => {
    paths.set(path, respond)
    return origin + path
  }
  return {
    ...{ origin, asked, answer },
    serve: (path, document, headers = {}) =>
      answer(path, (response) => {
        response.writeHead(200, { 'content-type': 'application/json', ...headers })
        response.end(JSON.stringify({ client_id: origin + path, ...document }))
      }),
  }
}
