import { type BenchClient, basic, CLIENTS, SCOPE } from '../harness/registration.ts'
import { get, post, type Response } from './http.ts'
import type { Job } from './job.ts'

/** What one connection does: operations of one request or more, each answer checked. */
export interface Actor {
  /** The first request of the next operation. */
  begin(): string
  /** The next request of the operation, or undefined when it is over. Throws if the answer is not the right one. */
  take(response: Response): string | undefined
}

/** How a server calls itself. */
export const hostOf = ({ port }: Job): string => `localhost:${port}`

/** Throws unless the answer is a 200 that contains each text. */
export function expectAnswer({ status, head, body }: Response, ...texts: readonly string[]): void {
  if (status === 200 && texts.every((text) => body.includes(text))) return
  throw new Error(`not the right answer: ${status} ${body.slice(0, 300) || head.slice(0, 300)}`)
}

/** The same requests again and again, in turn. */
export class Repeat implements Actor {
  readonly #requests: readonly string[]
  readonly #texts: readonly string[]
  #at: number

  /** `texts`: what each answer must contain. `at`: the request that is the first. */
  constructor(requests: readonly string[], texts: readonly string[], at = 0) {
    this.#requests = requests
    this.#texts = texts
    this.#at = at
  }

  begin(): string {
    return this.#requests[this.#at++ % this.#requests.length] as string
  }

  take(response: Response): undefined {
    expectAnswer(response, ...this.#texts)
  }
}

/** A client that refreshes: each refresh token is the one that the answer before has brought. */
export class RefreshChain implements Actor {
  readonly #job: Job
  readonly #authorization = basic(CLIENTS.web)
  #token: string

  constructor(job: Job, token: string) {
    this.#job = job
    this.#token = token
  }

  begin(): string {
    const { dialect } = this.#job
    const form = { grant_type: 'refresh_token', refresh_token: this.#token }
    return post(hostOf(this.#job), dialect.token, { form, headers: { Authorization: this.#authorization } })
  }

  take(response: Response): undefined {
    expectAnswer(response, '"access_token":"')
    const next = /"refresh_token":"([^"]+)"/.exec(response.body)?.[1]
    if (next === undefined) throw new Error('no refresh token in the answer to a refresh')
    if (next === this.#token && this.#job.dialect.genuine !== false)
      throw new Error('the refresh token was not rotated')
    this.#token = next
  }
}

/** `client_credentials` of this client. */
export function serviceRequest(job: Job, client: BenchClient = CLIENTS.service): string {
  const { resource } = job.dialect
  const named = client === CLIENTS.jwt &&
    resource !== undefined && { resource: `http://${hostOf(job)}${resource}` }
  const form = { grant_type: 'client_credentials', scope: SCOPE, ...named }
  return post(hostOf(job), job.dialect.token, { form, headers: { Authorization: basic(client) } })
}

export function introspectRequest(job: Job, token: string, client: BenchClient = CLIENTS.resource): string {
  return post(hostOf(job), job.dialect.introspect, {
    form: { token },
    headers: { Authorization: basic(client) },
  })
}

export const documentRequest = (job: Job, path: string): string => get(hostOf(job), path)
