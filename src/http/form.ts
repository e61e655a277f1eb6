import formbody from '@fastify/formbody'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { OAuthError } from '../protocol/errors.ts'
import { type ParameterMap, Parameters } from '../protocol/parameters.ts'

// Characters of a query: what a GET can carry through every proxy in between.
const MAX_QUERY = 8192

/** Lets the endpoints of this scope read `application/x-www-form-urlencoded` bodies, and nothing else. */
export async function readForms(app: FastifyInstance): Promise<void> {
  await app.register(formbody)
}

/** The form that was posted; without a body, one without parameters. */
export function formOf(request: FastifyRequest): Parameters {
  return new Parameters(request.body as ParameterMap | undefined)
}

/** The request's query. */
export function queryOf(request: FastifyRequest): Parameters {
  return new Parameters(request.query as ParameterMap)
}

/** The query as it was sent, with its `?`, or empty. */
export function rawQuery(request: FastifyRequest): string {
  const at = request.url.indexOf('?')
  return at < 0 ? '' : request.url.slice(at)
}

/** What was posted as the query of a GET with the same parameters. Throws `invalid_request` where it is too long. */
export function formAsQuery(request: FastifyRequest): string {
  const form = new URLSearchParams(formOf(request).sorted() as [string, string][]).toString()
  const query = form === '' ? rawQuery(request) : `?${form}`
  if (query.length > MAX_QUERY) throw new OAuthError('invalid_request', 'the request is larger than 8 KB')
  return query
}
