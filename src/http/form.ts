import formbody from '@fastify/formbody'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { OAuthError } from '../protocol/errors.ts'
import { type ParameterMap, Parameters } from '../protocol/parameters.ts'

// Characters of a query, by GET and by POST alike. A request's headers have room for it twice, for cookies and what
// browsers add; those of our redirects to it stay under the 16 KB that Node's own HTTP clients, and proxies made of
// them, take.
const MAX_QUERY = 15_360

/** Lets the endpoints of this scope read `application/x-www-form-urlencoded` bodies, and nothing else. */
export async function readForms(app: FastifyInstance): Promise<void> {
  await app.register(formbody)
}

/** The form that was posted; without a body, one without parameters. */
export function formOf(request: FastifyRequest): Parameters {
  return new Parameters(request.body as ParameterMap | undefined)
}

/** The request's query. Throws `invalid_request` if it is too long. */
export function queryOf(request: FastifyRequest): Parameters {
  checkLength(rawQuery(request))
  return wholeQueryOf(request)
}

/** The request's query, however long it is: for who takes what is too long for another way out than an error. */
export function wholeQueryOf(request: FastifyRequest): Parameters {
  return new Parameters(request.query as ParameterMap)
}

/** Whether the request's query is longer than `queryOf` reads. */
export function isTooLong(request: FastifyRequest): boolean {
  return rawQuery(request).length > MAX_QUERY
}

/** The query as it was sent, with its `?`, or empty. */
export function rawQuery(request: FastifyRequest): string {
  const at = request.url.indexOf('?')
  return at < 0 ? '' : request.url.slice(at)
}

/** What was posted as the query of a GET with the same parameters. Throws `invalid_request` if it is too long. */
export function formAsQuery(request: FastifyRequest): string {
  const form = new URLSearchParams(formOf(request).sorted() as [string, string][]).toString()
  const query = form === '' ? rawQuery(request) : `?${form}`
  checkLength(query)
  return query
}

function checkLength({ length }: string): void {
  if (length <= MAX_QUERY) return
  throw new OAuthError(
    'invalid_request',
    `the parameters take ${length} characters of a URL, and ${MAX_QUERY} is the most, by GET and by POST`,
  )
}
