import type { Config } from '../config/config.ts'
import { Resources } from '../resources/resources.ts'

/** What tokens of this configuration may be for. Throws `ConfigError` for entries that contradict themselves. */
export function resourcesFor({ issuer, entries }: Pick<Config, 'issuer' | 'entries'>): Resources {
  return new Resources({ issuer, entries: entries.resources, any: entries.any_resource })
}
