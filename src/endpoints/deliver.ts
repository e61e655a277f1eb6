import type { FastifyReply } from 'fastify'
import type { ResponseAddress } from '../authorization/request.ts'
import { type AuthorizationResponse, errorResponse, pairs, responseUrl } from '../authorization/response.ts'
import type { RenderPage } from '../http/pages.ts'
import type { Reports } from '../http/reports.ts'
import type { OAuthError } from '../protocol/errors.ts'
import type { Exchange } from './asker.ts'

export interface DeliverContext {
  reports: Reports
  render: RenderPage
  issuer: string
}

/** Sends a response to the client the way it asked for (RFC 9207: with `iss`, errors too). */
export async function deliver(
  { reply }: Exchange,
  { target, response_mode }: ResponseAddress,
  response: AuthorizationResponse,
  { render, issuer }: DeliverContext,
): Promise<FastifyReply> {
  const { redirect_uri } = target
  const complete = { ...response, iss: issuer }
  if (response_mode === 'form_post')
    return render(reply, 'form-post', { action: redirect_uri, parameters: pairs(complete) })
  return reply.redirect(responseUrl(redirect_uri, response_mode, complete), 303)
}

/** Sends an error to the client. */
export async function deliverError(
  exchange: Exchange,
  address: ResponseAddress,
  error: OAuthError,
  context: DeliverContext,
): Promise<FastifyReply> {
  error.client_id = address.target.client.client_id
  context.reports.refused(exchange.request, error)
  return deliver(exchange, address, errorResponse(error, address.state), context)
}
