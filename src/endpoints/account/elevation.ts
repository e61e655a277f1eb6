import { type Ask, plainLogin } from '../../authorization/ask.ts'
import { rawQuery } from '../../http/form.ts'
import type { Visitor } from '../../logins/visitors.ts'
import type { Asker, Exchange } from '../asker.ts'

/** The pages of the account that are shown to who has proven lately who they are. */
export const ELEVATED = ['password', 'data', 'delete'] as const

export type ElevatedPage = (typeof ELEVATED)[number]

/** Seconds. */
export const FRESH = 600

/**
 * The account as one that asks: for a proof not older than ten minutes, before what somebody else at an open browser must not do. The
 * page that it is for is the whole query.
 */
export function accountAsker(base: string): Asker {
  const pageOf = (query: string) => ELEVATED.find((page) => query === `?account=${page}`)
  const backOf = (page: ElevatedPage | undefined) => (page ? `${base}/account/${page}` : `${base}/account`)
  return {
    asks: (query) => query.startsWith('?account='),
    back: (request) => backOf(pageOf(rawQuery(request))),
    async read(request): Promise<Ask | undefined> {
      const page = pageOf(rawQuery(request))
      return (
        page && { ...plainLogin(backOf(page)), digest: `account ${page}`, max_age: FRESH, confirms: true }
      )
    },
    finish: async () => false,
    refuse: async ({ request, reply }) => reply.redirect(backOf(pageOf(rawQuery(request))), 303),
  }
}

/** Whether who is here has proven it lately. `now` in seconds. */
export function isElevated({ account }: Visitor, now: number): boolean {
  return now - account.auth_time < FRESH
}

/** Sends the browser to the proof that a page takes, and then back to it. */
export function elevate({ reply }: Exchange, page: ElevatedPage, base: string) {
  return reply.redirect(`${base}/login?account=${page}`, 303)
}
