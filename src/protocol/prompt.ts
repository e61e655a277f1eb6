import { OAuthError } from './errors.ts'

export const PROMPTS = ['none', 'login', 'consent', 'select_account'] as const
export type Prompt = (typeof PROMPTS)[number]

/** Parses `prompt` (OpenID Connect Core §3.1.2.1); throws `invalid_request`. */
export function readPrompt(text: string | undefined): readonly Prompt[] {
  if (text === undefined) return []
  const values = text.split(' ').filter((value) => value !== '')
  for (const value of values) {
    if (!(PROMPTS as readonly string[]).includes(value)) {
      throw new OAuthError('invalid_request', `prompt knows ${PROMPTS.join(', ')}`)
    }
  }
  if (values.includes('none') && values.length > 1) {
    throw new OAuthError('invalid_request', 'prompt=none stands alone')
  }
  return values as Prompt[]
}

/** Parses `max_age`, in seconds, however large: then any login will do. Throws `invalid_request`. */
export function readMaxAge(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (!/^\d+$/.test(text)) throw new OAuthError('invalid_request', 'max_age is a number of seconds')
  return Number(text)
}
