import { ConfigError } from '../config/config-error.ts'
import type { Known, Registry } from '../registry/registry.ts'
import type { Client, Clients } from './client.ts'
import { type Usage, unionOf } from './usage.ts'

/** One origin of clients: the configuration file, or what is registered while the server runs. */
export interface ClientSource {
  /** For errors. */
  readonly name: string
  /** The ids of the clients that it has at the start. */
  ids(): Iterable<string>
  /** At once, if it has its clients in memory. Throws if it cannot tell, for undefined says that there is none. */
  find(client_id: string): Client | undefined | Promise<Client | undefined>
  /**
   * Whether a client of its has, or had, `uri` for its id, but for capitals and a slash at the end: a resource may not be called so.
   */
  hasId(uri: string): boolean | Promise<boolean>
  /**
   * What its clients use; if they come and go while the server runs, what its rules allow them. The same object for as
   * long as it says the same, so that what is made from it need not be made again.
   */
  usage(): Usage
  /** The rule that blocks the client of an id, if it would be found without. Absent if nothing blocks its clients. */
  blockedBy?(client_id: string): string | undefined | Promise<string | undefined>
}

/**
 * The same source, whose clients end as the registry of what is made at run time says: a client of the file has no record that
 * could say it.
 */
export function endingAt(source: ClientSource, registry: Registry): ClientSource {
  const ended = new Map<string, { of: Client; client: Client }>()
  const withEnd = (client: Client, { ended_before }: Known): Client => {
    const { client_id } = client
    const end = Object.hasOwn(ended_before, client_id) ? ended_before[client_id] : undefined
    if (end === undefined) return client
    const known = ended.get(client_id)
    if (known?.of === client && known.client.ended_before === end) return known.client
    const made = { ...client, ended_before: end }
    ended.set(client_id, { of: client, client: made })
    return made
  }
  return {
    ...source,
    find(client_id) {
      const found = source.find(client_id)
      if (found === undefined || found instanceof Promise) return found
      // Not `last`: on a node that was idle it may be from before the mark.
      const state = registry.state()
      if (!(state instanceof Promise)) return withEnd(found, state)
      // A store that is not there says nothing new of ends, and what they are about is nowhere else: the file's client goes on.
      return state.then(
        (known) => withEnd(found, known),
        () => (registry.last === undefined ? found : withEnd(found, registry.last)),
      )
    },
  }
}

/** All clients, wherever they are from. */
export interface ClientRegistry extends Clients {
  /** Whether some client has, or had, `uri` for its id, but for capitals and a slash at the end. */
  hasId(uri: string): Promise<boolean>
  /** What they use now: ask when it is needed, and do not keep it. The same object for as long as it says the same. */
  usage(): Usage
}

/**
 * Makes one registry of these sources: the first that has a client answers. Throws `ConfigError` if two of them share an
 * id at the start.
 */
export function clientRegistry(sources: readonly ClientSource[]): ClientRegistry {
  refuseShared(sources)
  let parts: readonly Usage[] = []
  let union = unionOf(parts)
  const changed = (source: ClientSource, at: number) => source.usage() !== parts[at]
  return {
    async find(client_id) {
      for (const source of sources) {
        const found = source.find(client_id)
        // Awaited only if it must be: every request at the token endpoint passes here.
        const client = found instanceof Promise ? await found : found
        if (client !== undefined) return client
      }
      return undefined
    },

    async blockedBy(client_id) {
      for (const source of sources) {
        const rule = await source.blockedBy?.(client_id)
        if (rule !== undefined) return rule
      }
      return undefined
    },

    async hasId(uri) {
      for (const source of sources) if (await source.hasId(uri)) return true
      return false
    },

    usage() {
      if (sources.some(changed)) {
        parts = sources.map((source) => source.usage())
        union = unionOf(parts)
      }
      return union
    },
  }
}

// Grants and consents name their client by its id alone, so one client would inherit those of the other. Ids that differ
// only in capitals or in spaces around them are refused too: people do not tell them apart.
function refuseShared(sources: readonly ClientSource[]): void {
  const owners = new Map<string, ClientSource>()
  for (const source of sources) {
    for (const client_id of source.ids()) {
      const folded = client_id.trim().toLowerCase()
      const owner = owners.get(folded) ?? source
      if (owner !== source)
        throw new ConfigError(`client_id ${client_id} is in ${owner.name} and in ${source.name}; rename one`)
      owners.set(folded, source)
    }
  }
}
