import { hash } from 'node:crypto'
import type { Keys } from './keys.ts'

/** What a form's token is bound to: it is worth nothing on another browser, account, form or request. */
export interface CsrfBinding {
  /** The anonymous browser cookie's value. */
  browser: string
  /** The account that the page showed: `sid`, or empty if nobody is logged in. */
  account: string
  form: string
  /** The authorization request by its digest, with what the page said of it; or empty. */
  request: string
}

const LIFETIME = 3600

/** A token for one form, good for an hour. `now` in seconds. Nothing is stored. */
export function makeCsrfToken(keys: Keys, binding: CsrfBinding, now: number): string {
  const expires = now + LIFETIME
  const tag = keys.sign('csrf', bound(binding, expires))
  return `${expires.toString(36)}.${keys.currentId.toString('base64url')}.${tag.toString('base64url')}`
}

/** Whether `token` was made for this binding and has not expired. `now` in seconds. */
export function checkCsrfToken(keys: Keys, binding: CsrfBinding, token: string, now: number): boolean {
  const [expiry = '', id = '', tag = ''] = token.split('.')
  const expires = Number.parseInt(expiry, 36)
  if (!(expires > now)) return false
  const key = Buffer.from(id, 'base64url')
  return keys.verify('csrf', key, bound(binding, expires), Buffer.from(tag, 'base64url'))
}

function bound(binding: CsrfBinding, expires: number): Buffer {
  const { browser, account, form, request } = binding
  // JSON, so that no two bindings have the same text.
  return hash('sha256', JSON.stringify([browser, account, form, request, expires]), 'buffer')
}
