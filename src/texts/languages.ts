import { en } from './en.ts'
import type { Catalogue } from './text.ts'

/** The languages of the pages, by their BCP 47 tag. English is whole; what another one lacks is said in English. */
export const LANGUAGES: Readonly<Record<string, Catalogue>> = {
  en,
}

/**
 * The language for a browser that sends this `Accept-Language` (RFC 9110 §12.5.4): the one of ours that it likes best, by
 * its primary subtag; English if it likes none.
 */
export function chooseLanguage(accepted: string | undefined): string {
  if (accepted === undefined) return 'en'
  let best = { language: 'en', quality: 0 }
  for (const range of accepted.slice(0, MAX_ACCEPTED).split(',')) {
    const [tag = '', ...parameters] = range.split(';').map((part) => part.trim())
    const language = tag.toLowerCase().split('-')[0] ?? ''
    const weight = parameters.find((parameter) => parameter.startsWith('q='))
    const quality = weight === undefined ? 1 : Number(weight.slice(2))
    if (Object.hasOwn(LANGUAGES, language) && quality > best.quality) best = { language, quality }
  }
  return best.language
}

// Characters: browsers send less than a hundred.
const MAX_ACCEPTED = 500

/** The texts that a language lacks, and English says in its place. */
export function gapsOf(language: string): string[] {
  const catalogue = LANGUAGES[language] ?? {}
  return Object.keys(en).filter((key) => !Object.hasOwn(catalogue, key))
}
