import type { FastifyInstance } from 'fastify'
import { queryOf } from '../http/form.ts'
import { type Languages, rememberLanguage } from '../http/language.ts'

/** Where the language of the pages is chosen. */
export const LANGUAGE = '/language'

/**
 * `GET /language?to=…&back=…`: what the choice in the foot of each page leads to. It changes nothing but how this browser is spoken to,
 * so it needs no token; and it leads to a path of this server alone.
 */
export function registerLanguage(
  app: FastifyInstance,
  { languages, issuer, base }: { languages: Languages; issuer: string; base: string },
): void {
  const { origin } = new URL(issuer)
  app.get(LANGUAGE, async (request, reply) => {
    const query = queryOf(request)
    const to = query.quiet('to') ?? ''
    if (languages.offered.includes(to)) rememberLanguage(reply, to, languages)
    return reply.redirect(ownPath(query.quiet('back') ?? '') ?? `${base}/`, 303)
  })

  // What a browser makes of it, not what it looks like: `//host`, `/\\host` and a tab in between lead elsewhere.
  function ownPath(back: string): string | undefined {
    const url = back.startsWith(`${base}/`) ? URL.parse(back, origin) : null
    return url?.origin === origin && url.pathname.startsWith(`${base}/`)
      ? url.pathname + url.search
      : undefined
  }
}
