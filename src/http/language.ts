import type { FastifyReply, FastifyRequest } from 'fastify'
import { chooseLanguage, languageOf } from '../texts/languages.ts'
import { type Cookie, valuesOf } from './cookies.ts'

/** The languages of one server's pages, and what a browser remembers of them. */
export interface Languages {
  /** Those that are offered, by their BCP 47 tag. */
  readonly offered: readonly string[]
  readonly cookie: Cookie
}

// Characters of an address that a page repeats: an authorization request has some hundred.
const MAX_REPEATED = 2000
// Characters: a client's list of wishes.
const MAX_WISHED = 200

/**
 * The language of a page: what this browser was told by its person; else what the application asks for (`ui_locales`, OpenID Connect
 * Core §3.1.2.1); else the person's own (`locale`); else what the browser likes. What a person has chosen comes before the wish of
 * an application, or choosing would change nothing there.
 */
export function languageFor(
  request: FastifyRequest,
  { offered, cookie }: Languages,
  locale: string | undefined,
): string {
  const chosen = valuesOf(request.headers.cookie, cookie.name).find((one) => offered.includes(one))
  if (chosen !== undefined) return chosen
  const { ui_locales } = request.query as Record<string, unknown>
  const wished = typeof ui_locales === 'string' ? ui_locales.slice(0, MAX_WISHED).split(' ') : []
  for (const tag of locale === undefined ? wished : [...wished, locale]) {
    const language = languageOf(tag, offered)
    if (language !== undefined) return language
  }
  return chooseLanguage(request.headers['accept-language'], offered)
}

/** Has the browser remember a language. */
export function rememberLanguage(reply: FastifyReply, language: string, { cookie }: Languages): void {
  reply.setCookie(cookie.name, language, cookie.options)
}

// What is shown by a GET; and the pages whose forms lead on from a request or from the account.
const SHOWN = ['/', '/login', '/logout', '/oauth/authorize']
const STEPS = ['/login', '/consent', '/select-account', '/not-allowed']

/**
 * Where a page is to be shown again in another language: a path of this server; undefined if it cannot be shown again, or is so long
 * that a page should not repeat it. What was posted is begun anew.
 */
export function sameAgain(request: FastifyRequest, base: string): string | undefined {
  const { url, method } = request
  const [whole = '', query] = url.split('?', 2)
  if (url.length > MAX_REPEATED || !whole.startsWith(`${base}/`)) return undefined
  const path = whole.slice(base.length)
  if (path === '/account' || path.startsWith('/account/')) return whole
  if (method === 'GET') return SHOWN.includes(path) ? url : undefined
  if (!STEPS.includes(path)) return undefined
  if (query === undefined) return `${base}/`
  return `${base}${query.startsWith('account=') ? '/login' : '/oauth/authorize'}?${query}`
}
