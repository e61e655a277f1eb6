import formbody from '@fastify/formbody'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type ParameterMap, Parameters } from '../protocol/parameters.ts'

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
