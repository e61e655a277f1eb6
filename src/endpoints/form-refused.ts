import type { FastifyRequest } from 'fastify'
import type { Browser } from '../http/browser.ts'
import type { Reports } from '../http/reports.ts'
import type { Notice } from '../http/views/view.ts'
import { say } from '../texts/text.ts'

const STALE: Notice = {
  tone: 'info',
  text: say('form.stale'),
}

const NO_COOKIES: Notice = {
  tone: 'error',
  text: say('form.no_cookies'),
}

export interface FormContext {
  browser: Browser
  reports: Reports
}

/** What a person is told whose form no longer fits, or never did; the log gets the cause. */
export function formRefused({ browser, reports }: FormContext, request: FastifyRequest): Notice {
  const cookies = browser.isKnown(request)
  const reason = cookies
    ? 'the form is of another page, account, request or time'
    : 'the browser sent no cookie'
  reports.formRefused(request, reason)
  return cookies ? STALE : NO_COOKIES
}
