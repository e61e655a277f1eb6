import { basic, CLIENTS, personName } from '../harness/registration.ts'
import { workload } from '../harness/workloads.ts'
import {
  type Actor,
  documentRequest,
  expectAnswer,
  hostOf,
  introspectRequest,
  RefreshChain,
  Repeat,
  serviceRequest,
} from './actor.ts'
import { post } from './http.ts'
import type { Job } from './job.ts'
import { ask, walk } from './once.ts'
import { type Browser, Visit, Visits } from './visit.ts'

/** Makes what a workload needs beforehand (logins, tokens), and an actor for each connection. */
export async function prepare(job: Job): Promise<Actor[]> {
  const each = (make: (index: number) => Actor) =>
    Array.from({ length: job.connections }, (_, index) => make(index))
  const { sends } = workload(job.workload)
  const { dialect } = job
  switch (sends) {
    case 'service':
      return each(() => new Repeat([serviceRequest(job)], ['"access_token":"']))
    case 'jwt':
      return each(() => new Repeat([serviceRequest(job, CLIENTS.jwt)], ['"access_token":"ey']))
    case 'refresh': {
      const grants = await inTurn(job.connections, (index) => firstTokens(job, index))
      return each((index) => new RefreshChain(job, grants[index]?.refresh_token as string))
    }
    case 'introspect':
    case 'introspect_jwt': {
      if (job.tokens !== undefined) return each((index) => introspecting(job, job.tokens ?? [], index))
      const jwt = sends === 'introspect_jwt'
      const make = (index: number) => (jwt ? jwtTokens(job) : firstTokens(job, index))
      const tokens = await inTurn(job.connections, make)
      const owner = jwt ? CLIENTS.jwt : CLIENTS.web
      const asking = dialect.ownTokensOnly ? owner : CLIENTS.resource
      const requests = tokens.map(({ access_token }) => introspectRequest(job, access_token, asking))
      return each((index) => new Repeat(requests, ['"active":true'], index))
    }
    case 'metadata':
      return each(() => new Repeat([documentRequest(job, dialect.metadata)], ['"token_endpoint":"']))
    case 'jwks':
      return each(() => new Repeat([documentRequest(job, dialect.jwks)], ['"keys":[']))
    case 'flow':
    case 'openid_flow': {
      const browsers = await inTurn(job.people, (index) => loggedIn(job, index))
      return each((index) => visitsOf(job, browsers, { index, pages: false }))
    }
    case 'login': {
      const browsers = Array.from({ length: job.people }, (_, index) => newBrowser(index))
      return each((index) => visitsOf(job, browsers, { index, pages: true }))
    }
  }
}

// Each connection begins elsewhere in the list: none asks for what another has just asked for.
function introspecting(job: Job, tokens: readonly string[], index: number): Actor {
  const requests = tokens.map((token) => introspectRequest(job, token, CLIENTS.web))
  const at = Math.floor((index * requests.length) / job.connections)
  return new Repeat(requests, ['"active":true'], at)
}

// Each connection has people of its own: two visits at once of one browser would be another workload.
function visitsOf(
  job: Job,
  browsers: readonly Browser[],
  { index, pages }: { index: number; pages: boolean },
): Actor {
  const own = browsers.filter((_, at) => at % job.connections === index)
  return new Visits(job, own, { pages, at: 0 })
}

interface Tokens {
  access_token: string
  refresh_token?: string
}

/** The first tokens of a person's grant. */
async function firstTokens(job: Job, index: number): Promise<Tokens> {
  if (!job.dialect.lacks.includes('flow')) {
    const response = await walk(job.port, new Visit(job, newBrowser(index), { pages: true }))
    return JSON.parse(response.body)
  }
  // The limit has no people: it gives its first tokens for any code.
  const form = { grant_type: 'authorization_code', code: String(index) }
  const headers = { Authorization: basic(CLIENTS.web) }
  const response = await ask(job.port, post(hostOf(job), job.dialect.token, { form, headers }))
  expectAnswer(response, '"access_token":"')
  return JSON.parse(response.body)
}

async function jwtTokens(job: Job): Promise<Tokens> {
  const response = await ask(job.port, serviceRequest(job, CLIENTS.jwt))
  expectAnswer(response, '"access_token":"')
  return JSON.parse(response.body)
}

async function loggedIn(job: Job, index: number): Promise<Browser> {
  const browser = newBrowser(index)
  await walk(job.port, new Visit(job, browser, { pages: true }))
  return browser
}

export function newBrowser(index: number): Browser {
  return { person: personName(index), cookies: new Map() }
}

/** One after the other: what is prepared must not be a load. */
async function inTurn<T>(count: number, make: (index: number) => Promise<T>): Promise<T[]> {
  const made: T[] = []
  for (let index = 0; index < count; index++) made.push(await make(index))
  return made
}
