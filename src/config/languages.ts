import { LANGUAGES } from '../texts/languages.ts'
import { ConfigError } from './config-error.ts'
import type { Entries } from './schema.ts'

/** The languages of the pages that a configuration offers: all that there are if it says nothing. Throws `ConfigError` for one that there is not. */
export function offeredLanguages({ languages }: Pick<Entries, 'languages'>): readonly string[] {
  const all = Object.keys(LANGUAGES)
  if (languages === undefined) return all
  const unknown = languages.find((one) => !all.includes(one))
  if (unknown !== undefined)
    throw new ConfigError(`/languages has ${unknown.slice(0, 40)}; there are ${all.join(', ')}`)
  return [...new Set(languages)]
}
