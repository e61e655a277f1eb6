import type { FastifyReply } from 'fastify'
import type { ResponseAddress } from '../authorization/request.ts'
import { type AuthorizationResponse, errorResponse, pairs, responseUrl } from '../authorization/response.ts'
import type { Approvals } from '../clients/introduced/approvals.ts'
import { queryOf } from '../http/form.ts'
import type { RenderPage } from '../http/pages.ts'
import type { Reports } from '../http/reports.ts'
import type { OAuthError } from '../protocol/errors.ts'
import { redirectHost } from '../protocol/redirect-uri.ts'
import { say } from '../texts/text.ts'
import type { Exchange } from './asker.ts'

export interface DeliverContext {
  reports: Reports
  render: RenderPage
  issuer: string
  approvals: Pick<Approvals, 'isKnown'>
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

/**
 * Sends an error to the client. One that introduced itself, and that nobody has ever approved here, is nobody whom the browser may be
 * sent to unseen (RFC 9700 §4.11.2): the person gets a page that says where it leads. With prompt=none nobody is looking, unless the
 * browser says that this is the page in the address bar: such a link anybody can send to anybody.
 */
export async function deliverError(
  exchange: Exchange,
  address: ResponseAddress,
  error: OAuthError,
  context: DeliverContext,
): Promise<FastifyReply> {
  const { request } = exchange
  error.client_id = address.target.client.client_id
  context.reports.refused(request, error)
  const asksNobody = queryOf(request).quiet('prompt')?.split(' ').includes('none') === true
  const silent = asksNobody && request.headers['sec-fetch-dest'] !== 'document'
  if (!silent && !(await context.approvals.isKnown(address.target.client)))
    return warn(exchange, address, error, context)
  return deliver(exchange, address, errorResponse(error, address.state), context)
}

/** Shows that the client is blocked here, without its name: that may be what it is blocked for. */
export function showBlocked(
  { request, reply }: Exchange,
  error: OAuthError,
  { reports, render }: Pick<DeliverContext, 'reports' | 'render'>,
): Promise<FastifyReply> {
  reports.refused(request, error)
  const data = {
    heading: say('error.blocked'),
    message: say('error.blocked_message'),
    error: error.error,
    request_id: request.id,
  }
  return render(reply, 'error', data, { status: error.status })
}

function warn(
  { request, reply }: Exchange,
  { target, response_mode, state }: ResponseAddress,
  error: OAuthError,
  { render, issuer }: DeliverContext,
): Promise<FastifyReply> {
  const { client, redirect_uri } = target
  const complete = { ...errorResponse(error, state), iss: issuer }
  const mode = response_mode === 'form_post' ? 'query' : response_mode
  const data = {
    heading: say('error.theirs'),
    message: say('error.unknown_client', { client: client.client_name }),
    problem: error.message,
    error: error.error,
    request_id: request.id,
    link: {
      href: responseUrl(redirect_uri, mode, complete),
      text: say('error.back_to', { host: redirectHost(redirect_uri) }),
    },
  }
  return render(reply, 'error', data, { status: error.status })
}
