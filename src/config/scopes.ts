import { isStandardScope, STANDARD_CLAIMS } from '../protocol/claims.ts'
import { REGISTERED_CLAIMS } from '../protocol/registered-claims.ts'
import type { Words } from '../texts/text.ts'
import { ConfigError } from './config-error.ts'
import { wordsIn } from './in-languages.ts'
import type { Entries } from './schema.ts'

/** What the file says of scopes: a sentence for each, and the claims that some of them ask for. */
export interface ConfiguredScopes {
  sentences: Readonly<Record<string, string | Words>>
  claims: Readonly<Record<string, readonly string[]>>
  /** What clients may have that introduced themselves. */
  public: readonly string[]
}

const PUBLIC = ['openid', 'profile', 'offline_access']

/** Takes the entries apart. Throws `ConfigError` for a claim whose name is taken. */
export function readScopeEntries(scopes: Entries['scopes']): ConfiguredScopes {
  const sentences: Record<string, string | Words> = {}
  const claims: Record<string, readonly string[]> = {}
  for (const [name, entry] of Object.entries(scopes)) {
    sentences[name] = typeof entry === 'string' ? entry : wordsIn(entry, 'sentence', entry.sentence)
    if (typeof entry === 'string' || entry.claims === undefined) continue
    // What a standard scope asks for is the standard's to say.
    if (isStandardScope(name))
      throw new ConfigError(`/scopes/${name} is a standard scope, which cannot have other claims`)
    for (const claim of entry.claims) refuseTaken(claim, `/scopes/${name}/claims`)
    claims[name] = entry.claims
  }
  const marked = Object.entries(scopes).filter(
    ([, entry]) => typeof entry === 'object' && entry.public === true,
  )
  return { sentences, claims, public: [...new Set([...PUBLIC, ...marked.map(([name]) => name)])] }
}

function refuseTaken(claim: string, path: string): void {
  if (REGISTERED_CLAIMS.has(claim) || STANDARD_CLAIMS.has(claim))
    throw new ConfigError(`${path}: ${claim} means something else in tokens; choose another name`)
}
