import type { BlockedEntry } from '../../config/blocked.ts'
import { ConfigError } from '../../config/config-error.ts'
import type { Registry, RegistryState } from '../../registry/registry.ts'
import type { Client } from '../client.ts'
import { type Applicant, type BlockRule, blockRule } from './block-rule.ts'

type Soon<T> = T | Promise<T>

/** Which clients that introduced themselves are let in. */
export interface Blocking {
  /**
   * The client as it is let in, or undefined if a rule shuts it out. At once, if the registry is known. Throws `StoreUnavailable`: what
   * cannot be asked lets nobody in. `document_host`: of the document that describes the client, always the same one.
   */
  admit(client: Client, document_host?: string): Soon<Client | undefined>
  /** What the rule says that shuts it out, if one does. Throws `StoreUnavailable`. */
  blockedBy(applicant: Applicant): Soon<string | undefined>
}

/** The rules of the file. `now` in seconds. Throws `ConfigError` with the path. */
export function filedRules(entries: readonly BlockedEntry[], now: number): BlockRule[] {
  return entries.map((entry, at) =>
    blockRule(
      entry,
      (field, problem) => {
        throw new ConfigError(`/blocked_clients/${at}${field && `/${field}`} ${problem}`)
      },
      now,
    ),
  )
}

/** The rules that are kept in the store: not those that a later release has made, which mean nothing here. */
export function keptRules(entries: readonly BlockedEntry[]): BlockRule[] {
  return entries.flatMap((entry) => {
    try {
      return [blockRule(entry, refuse, Number.POSITIVE_INFINITY)]
    } catch (error) {
      if (error instanceof ConfigError) return []
      throw error
    }
  })
}

function refuse(_field: string, problem: string): never {
  throw new ConfigError(problem)
}

/** Blocks by the rules of the file, and by those that `registry` knows of. */
export function blockingBy(filed: readonly BlockRule[], registry: Registry | undefined): Blocking {
  let kept: readonly BlockedEntry[] = []
  let rules: readonly BlockRule[] = filed
  // What the rules of the moment make of each client: every request of theirs passes here.
  let admitted = new WeakMap<Client, { client: Client | undefined }>()

  const rulesIn = (state: RegistryState | undefined): readonly BlockRule[] => {
    if (state !== undefined && state.blocked_clients !== kept) {
      kept = state.blocked_clients
      rules = [...filed, ...keptRules(kept)]
      admitted = new WeakMap()
    }
    return rules
  }
  const withState = <T>(use: (state: RegistryState | undefined) => T): Soon<T> => {
    const state = registry?.state()
    return state instanceof Promise ? state.then(use) : use(state)
  }
  const blockedBy = (applicant: Applicant, all: readonly BlockRule[]) =>
    all.find((rule) => rule.blocks(applicant))?.text

  return {
    admit: (client, document_host) =>
      withState((state) => {
        const all = rulesIn(state)
        const known = admitted.get(client)
        if (known !== undefined) return known.client
        const end = Math.max(0, ...all.map(({ ended_before }) => ended_before))
        const ending = end === 0 ? client : { ...client, ended_before: end }
        const made = blockedBy({ client, document_host }, all) === undefined ? ending : undefined
        admitted.set(client, { client: made })
        return made
      }),
    blockedBy: (applicant) => withState((state) => blockedBy(applicant, rulesIn(state))),
  }
}
