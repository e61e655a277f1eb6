import { LANGUAGES } from '../texts/languages.ts'
import { Words } from '../texts/text.ts'
import type { Schema } from './problems.ts'

/**
 * The members that say the same in other languages, as `client_name#de` (RFC 7591 §2.2), for a schema. Without types: `wordsIn` reads
 * them.
 */
export function inLanguages(name: string, schema: Schema): object {
  return Object.fromEntries(Object.keys(LANGUAGES).map((language) => [`${name}#${language}`, schema]))
}

/** What an entry says under this name in other languages, by BCP 47 tag; undefined for nothing. */
export function translationsIn(entry: object, name: string): Readonly<Record<string, string>> | undefined {
  const said = entry as Readonly<Record<string, unknown>>
  const found = Object.keys(LANGUAGES).flatMap((language) => {
    const words = said[`${name}#${language}`]
    return typeof words === 'string' && words !== '' ? [[language, words]] : []
  })
  return found.length === 0 ? undefined : Object.fromEntries(found)
}

/** The same with the plain words: alone, if nothing is said in another language. */
export function wordsIn(entry: object, name: string, plain: string): string | Words {
  const others = translationsIn(entry, name)
  return others === undefined ? plain : new Words(plain, others)
}
