import { Connection, type Response } from './http.ts'

/** What a walk of requests does: the first request, then the next one for each answer. */
export interface Walk {
  begin(): string
  take(response: Response): string | undefined
}

/** Sends one request and resolves with its answer. */
export function ask(port: number, request: string): Promise<Response> {
  return new Promise((resolve, reject) => {
    const connection = new Connection(port, {
      response: (response) => {
        connection.close()
        resolve(response)
      },
      error: reject,
    })
    connection.send(request)
  })
}

/** Runs one operation and resolves with its last answer; rejects if an answer is not the right one. */
export async function walk(port: number, actor: Walk): Promise<Response> {
  let request: string | undefined = actor.begin()
  for (;;) {
    const response: Response = await ask(port, request)
    request = actor.take(response)
    if (request === undefined) return response
  }
}
