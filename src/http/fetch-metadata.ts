import type { FastifyRequest } from 'fastify'
import { OAuthError } from '../protocol/errors.ts'

// What browsers have called it, the standard's name first.
const PURPOSES = ['sec-purpose', 'purpose', 'x-moz'] as const

/** Refuses what a browser loads ahead, in case that somebody goes there: nobody has decided anything yet. */
export function refusePrefetch(request: FastifyRequest): void {
  const ahead = PURPOSES.some((name) => /\bprefetch\b/.test(String(request.headers[name] ?? '')))
  if (ahead) throw new OAuthError('access_denied', 'this address is not for loading ahead')
}

/**
 * Refuses a GET that is no step of somebody's: by the browser's own word (Fetch Metadata, which no page can forge) it is
 * the page in the address bar or, if `silent`, a frame. A script, an image or a style sheet of a sibling site would
 * have things done in the person's name that nobody sees. Browsers and clients that say nothing are believed.
 */
export function requireNavigation(request: FastifyRequest, { silent }: { silent: boolean }): void {
  refusePrefetch(request)
  const { 'sec-fetch-site': site, 'sec-fetch-dest': dest } = request.headers
  if (site === undefined || dest === 'document') return
  if (silent && (dest === 'iframe' || dest === 'frame')) return
  throw new OAuthError(
    'access_denied',
    'only a whole page may go to this address, or a frame with prompt=none',
  )
}
