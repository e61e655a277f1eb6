import type { FastifyReply, FastifyRequest } from 'fastify'
import { errorParameters, type Visitor } from '../authorization/desk.ts'
import { nextStep, type Situation, type Step } from '../authorization/next-step.ts'
import type { AuthorizationRequest, ResponseAddress } from '../authorization/request.ts'
import { pairs, type ResponseParameters, responseUrl } from '../authorization/response.ts'
import { scopeSentences } from '../authorization/scope-sentences.ts'
import type { Client } from '../clients/client.ts'
import { lastingOf } from '../grants/lasting.ts'
import type { Browser } from '../http/browser.ts'
import { rawQuery } from '../http/form.ts'
import type { RenderPage } from '../http/pages.ts'
import type { Reports } from '../http/reports.ts'
import type { AccountView, ClientView, Notice } from '../http/views.ts'
import { OAuthError } from '../protocol/errors.ts'
import { redirectHost } from '../protocol/redirect-uri.ts'
import type { User } from '../users/user.ts'
import { type VisitorContext, visitorOf } from './visitor.ts'

/** What the browser endpoints share. */
export interface FrontChannelContext extends VisitorContext {
  render: RenderPage
  issuer: string
  /** URL prefix of our own paths: '' or the issuer's path. */
  base: string
  /** Sentences for scopes, from the configuration. */
  scopes: Readonly<Record<string, string>>
  /** The demo's account, to show on the login page. */
  demo: { username: string; password: string } | undefined
}

/** A request with the reply it gets: what every function of the front channel needs. */
export interface Exchange {
  request: FastifyRequest
  reply: FastifyReply
}

const STALE: Notice = {
  tone: 'info',
  text: 'This page had been open for a while, or something changed since. Please check and try again.',
}

const NO_COOKIES: Notice = {
  tone: 'error',
  text: 'Your browser sent no cookie, and this page needs them. Please allow cookies for this site and try again.',
}

/** What a person is told whose form no longer fits, or never did; the log gets the cause. */
export function formRefused(
  { browser, reports }: { browser: Browser; reports: Reports },
  request: FastifyRequest,
): Notice {
  const cookies = browser.isKnown(request)
  const reason = cookies
    ? 'the form is of another page, account, request or time'
    : 'the browser sent no cookie'
  reports.formRefused(request, reason)
  return cookies ? STALE : NO_COOKIES
}

/** Renders the steps of an authorization request and sends its answer. */
export class FrontChannel {
  readonly #context: FrontChannelContext

  constructor(context: FrontChannelContext) {
    this.#context = context
  }

  /** Looks at the situation and does what it needs next: the dispatcher. */
  async dispatch(exchange: Exchange, asked: AuthorizationRequest, notice?: Notice): Promise<FastifyReply> {
    const { desk, now } = this.#context
    const at = now()
    const visitor = await visitorOf(exchange, this.#context)
    const situation = await desk.situation(asked, visitor, at)
    const step = nextStep(situation)
    if (step.step === 'answer' && visitor !== undefined) {
      const answer = await desk.complete(situation, visitor, 'none')
      if (answer === undefined) return this.again(exchange)
      this.#context.journal.record(exchange.request, answer.events)
      return this.answer(exchange, asked, answer.parameters)
    }
    return this.#show(exchange, { situation, visitor, step, notice })
  }

  /** Back to the dispatcher, by a GET: what the browser then shows can be reloaded. */
  again({ request, reply }: Exchange): FastifyReply {
    return reply.redirect(`${this.#context.base}/oauth/authorize${rawQuery(request)}`, 303)
  }

  /** Sends the answer to the client the way it asked for (RFC 9207: with `iss`, errors too). */
  async answer(
    { reply }: Exchange,
    address: ResponseAddress,
    parameters: ResponseParameters,
  ): Promise<FastifyReply> {
    const { redirect_uri } = address.target
    const complete = { ...parameters, iss: this.#context.issuer }
    if (address.response_mode === 'form_post') {
      return this.#context.render(reply, 'form-post', { action: redirect_uri, parameters: pairs(complete) })
    }
    return reply.redirect(responseUrl(redirect_uri, address.response_mode, complete), 303)
  }

  /** Sends an error to the client. */
  async refuse(exchange: Exchange, address: ResponseAddress, error: OAuthError): Promise<FastifyReply> {
    error.client_id = address.target.client.client_id
    this.#context.reports.refused(exchange.request, error)
    return this.answer(exchange, address, errorParameters(error, address.state))
  }

  /** The login page: for an authorization request, or (without one) for the signed-in page. */
  async loginPage(
    { request, reply }: Exchange,
    page: {
      asked?: AuthorizationRequest | undefined
      notice?: Notice | undefined
      username?: string
      status?: number
    },
  ): Promise<FastifyReply> {
    const { base, browser, demo, now, render } = this.#context
    const { asked, notice, status = 200 } = page
    const binding = loginBinding(asked)
    return render(
      reply,
      'login',
      {
        action: `${base}/login${asked ? rawQuery(request) : ''}`,
        csrf: browser.formToken(request, reply, { binding, now: now() }),
        username: shownName(page.username ?? asked?.login_hint ?? ''),
        notice,
        client: asked && clientView(asked.target.client),
        demo,
      },
      { status, logo: asked?.target.client.logo_uri },
    )
  }

  async #show(
    exchange: Exchange,
    shown: { situation: Situation; visitor: Visitor | undefined; step: Step; notice: Notice | undefined },
  ): Promise<FastifyReply> {
    const { situation, visitor, step, notice } = shown
    const { request: asked } = situation
    if (step.step === 'refuse') {
      if (visitor !== undefined) await this.#context.desk.refused(situation, visitor)
      return this.refuse(
        exchange,
        asked,
        new OAuthError(
          step.error,
          asked.prompt.includes('none')
            ? 'prompt=none, but the person must be asked'
            : 'somebody else logged in than the one asked for',
        ),
      )
    }
    if (step.step === 'login' || visitor === undefined) return this.loginPage(exchange, { asked, notice })
    const { request, reply } = exchange
    const { base, browser, render, scopes } = this.#context
    const binding = stepBinding(step.step === 'consent' ? 'consent' : 'select_account', asked, visitor)
    const { client } = asked.target
    const common = {
      csrf: browser.formToken(request, reply, { binding, now: situation.now }),
      client: clientView(client),
      account: accountView(visitor.user),
      notice,
    }
    const options = { logo: client.logo_uri }
    const query = rawQuery(request)
    const other = `${base}/login${query}`
    if (step.step === 'select_account') {
      const data = { ...common, action: `${base}/select-account${query}`, other_href: other }
      return render(reply, 'select-account', data, options)
    }
    const redirect_host = redirectHost(asked.target.redirect_uri)
    const sentences = scopeSentences(asked.consent_scope, scopes)
    const data = {
      ...common,
      action: `${base}/consent${query}`,
      switch_href: other,
      scopes: sentences,
      stays: staysConnected(asked),
      redirect_host,
    }
    return render(reply, 'consent', data, options)
  }
}

// Characters: longer than any user name, and anybody's text.
const MAX_NAME = 256

function shownName(name: string): string {
  return name.length > MAX_NAME ? '' : name
}

/** What a login form is bound to. Not to an account: it replaces whoever is there. */
export function loginBinding(asked: AuthorizationRequest | undefined) {
  return { account: '', form: 'login', request: asked?.digest ?? '' }
}

/** What a form that speaks for a logged-in person is bound to. */
export function stepBinding(
  form: 'consent' | 'select_account',
  asked: AuthorizationRequest,
  { account }: Visitor,
) {
  // What the page said with what it was asked: a client may have more scopes by the time of the post.
  const shown = form === 'consent' ? `${asked.digest} ${asked.consent_scope}` : asked.digest
  return { account: account.sid, form, request: shown }
}

// What the person must know beside the scopes: how long it lasts.
function staysConnected({
  target,
  scope,
}: AuthorizationRequest): 'until_logout' | 'after_logout' | undefined {
  if (!target.client.grant_types.has('refresh_token')) return undefined
  return lastingOf(target.client, scope) === 'standing' ? 'after_logout' : 'until_logout'
}

export function clientView(client: Client): ClientView {
  const { client_name, logo_uri, client_uri, policy_uri, tos_uri } = client
  return { name: client_name, logo_uri, client_uri, policy_uri, tos_uri }
}

export function accountView({ username, claims }: User): AccountView {
  return { name: claims.name ?? username, username }
}
