import { ar } from './ar.ts'
import { de } from './de.ts'
import { en } from './en.ts'
import { es } from './es.ts'
import { fr } from './fr.ts'
import { ja } from './ja.ts'
import type { Catalogue } from './text.ts'

/** The languages of the pages, by their BCP 47 tag. English is whole; what another one lacks is said in English. */
export const LANGUAGES: Readonly<Record<string, Catalogue>> = {
  en,
  de,
  fr,
  es,
  ja,
  ar,
}

/** What each language is called in itself. */
export function nameOf(language: string): string {
  const name = new Intl.DisplayNames([language], { type: 'language' }).of(language) ?? language
  return name.charAt(0).toLocaleUpperCase(language) + name.slice(1)
}

/** The one of these languages that a BCP 47 tag means, by its primary subtag; undefined if it means none. */
export function languageOf(tag: string, offered: readonly string[]): string | undefined {
  const language = tag.trim().toLowerCase().split(/[-_]/, 1)[0] ?? ''
  return offered.find((one) => one === language)
}

/**
 * The language for a browser that sends this `Accept-Language` (RFC 9110 §12.5.4): of those that are offered the one that it likes best;
 * if it likes none English, or else the first.
 */
export function chooseLanguage(
  accepted: string | undefined,
  offered: readonly string[] = Object.keys(LANGUAGES),
): string {
  let best = { language: offered.includes('en') ? 'en' : (offered[0] ?? 'en'), quality: 0 }
  for (const range of (accepted ?? '').slice(0, MAX_ACCEPTED).split(',')) {
    const [tag = '', ...parameters] = range.split(';').map((part) => part.trim())
    const language = languageOf(tag, offered)
    const weight = parameters.find((parameter) => parameter.startsWith('q='))
    const quality = weight === undefined ? 1 : Number(weight.slice(2))
    if (language !== undefined && quality > best.quality) best = { language, quality }
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
