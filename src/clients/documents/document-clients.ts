import { ConfigError } from '../../config/config-error.ts'
import { OAuthError, quoted } from '../../protocol/errors.ts'
import type { Client, CurrentKeys, KeySource } from '../client.ts'
import type { Blocking } from '../introduced/blocking.ts'
import { type IntroducedClient, introducedClient } from '../introduced/introduced-clients.ts'
import { ClientBlocked } from '../refusals.ts'
import type { ClientSource } from '../registry.ts'
import type { Rules } from '../rules.ts'
import type { Usage } from '../usage.ts'
import type { ApprovedDocument } from './approved-documents.ts'
import { documentUrlProblem, isDocumentUrl } from './document-url.ts'
import type { Documents, ReadDocument } from './documents.ts'
import { isListed } from './hosts.ts'
import { unusable } from './read-document.ts'

/** Whose documents are read: on all hosts, or on these. */
export interface DocumentPolicy {
  readonly hosts: 'all' | readonly string[]
  /** Whether plain http to this machine is read: if the server itself is there. */
  readonly loopback: boolean
}

/** Clients whose id is the address of a document that describes them. */
export interface DocumentClients {
  /** Those that somebody has approved, as they were then. Nothing is read for them, but for keys that are older than a day. */
  readonly source: ClientSource
  /**
   * The client of an authorization request: as its document is now. `address`: who asks, an IP address; `now` in seconds. Throws
   * `OAuthError` for a page, `ClientBlocked`, `TemporarilyUnavailable`, and `StoreUnavailable`.
   */
  ask(client_id: string, asker: { address: string; now: number }): Promise<Client>
}

/** Makes them of what is approved in the store, and of the documents. */
export function documentClients(context: {
  approved: ApprovedDocument
  documents: Documents
  rules: Rules
  policy: DocumentPolicy
  blocking: Blocking
  usage: Usage
}): DocumentClients {
  const { approved, documents, rules, policy, blocking, usage } = context
  const made = new WeakMap<ReadDocument, Client>()
  const sources = new WeakMap<ReadDocument, KeySource | undefined>()

  const problemOf = (client_id: string): string | undefined => {
    const problem = documentUrlProblem(client_id, policy)
    if (problem !== undefined || policy.hosts === 'all') return problem
    const { hostname } = new URL(client_id)
    return isListed(hostname, policy.hosts)
      ? undefined
      : `is at ${hostname}, whose clients are not let in here`
  }

  const clientOf = (document: ReadDocument): Client => {
    const known = made.get(document)
    if (known !== undefined) return known
    const client = madeOf(document, rules)
    const { keys } = client
    const described = {
      ...client,
      introduced: { ...client.introduced, document },
      // By any algorithm that the keys are good for: what was approved may name one that they have left since.
      ...(keys && {
        keys: { issuer_audience: keys.issuer_audience, source: { current: currentKeys(document) } },
      }),
    }
    sources.set(document, keys?.source as KeySource | undefined)
    made.set(document, described)
    return described
  }

  const sourceIn = (document: ReadDocument): KeySource | undefined => {
    clientOf(document)
    return sources.get(document)
  }

  const currentKeys =
    (approved: ReadDocument): CurrentKeys =>
    async (now, tried) => {
      const isTried = (document: ReadDocument) => sourceIn(document) === tried
      const { client_id } = approved
      const source = sourceIn(await documents.recent(client_id, { approved, now, isTried }))
      if (source !== undefined) return source
      throw new OAuthError('invalid_client', 'the document of this client has no keys any more', {
        client_id,
      })
    }

  // Of before: what the rules of today do not allow is unknown here, and nobody's fault who asks.
  const formerClient = (document: ReadDocument | undefined): Client | undefined => {
    try {
      return document && clientOf(document)
    } catch (error) {
      if (error instanceof OAuthError) return undefined
      throw error
    }
  }

  const find = (client_id: string): Client | undefined | Promise<Client | undefined> => {
    if (!isDocumentUrl(client_id) || problemOf(client_id) !== undefined) return undefined
    const found = approved(client_id)
    return found instanceof Promise ? found.then(formerClient) : formerClient(found)
  }
  const admit = (client: Client) => blocking.admit(client, hostOf(client.client_id))

  return {
    source: {
      name: 'documents of clients',
      ids: () => [],
      find(client_id) {
        const found = find(client_id)
        return found instanceof Promise ? found.then((one) => one && admit(one)) : found && admit(found)
      },
      async blockedBy(client_id) {
        const client = await find(client_id)
        return client && blocking.blockedBy({ client, document_host: hostOf(client_id) })
      },
      async hasId(uri) {
        if (!isDocumentUrl(uri)) return false
        const bare = uri.replace(/\/+$/, '')
        const found = await Promise.all([uri, bare, `${bare}/`].map(approved))
        return found.some((one) => one !== undefined)
      },
      usage: () => usage,
    },

    async ask(client_id, { address, now }) {
      const problem = problemOf(client_id)
      if (problem !== undefined)
        throw new OAuthError('invalid_request', `client_id ${quoted(client_id)} ${problem}`, {
          detail: `the address of the client's document is refused: it ${problem}`,
          client_id,
        })
      const document_host = hostOf(client_id)
      // A host that is blocked is not asked either.
      const rule = await blocking.blockedBy({ document_host })
      if (rule !== undefined) throw new ClientBlocked(client_id, rule)
      const asker = { approved: await approved(client_id), address }
      const document = await documents.read(client_id, { ...asker, now })
      const described = clientOf(document)
      const client = await admit(described)
      if (client === undefined)
        throw new ClientBlocked(client_id, await blocking.blockedBy({ client: described, document_host }))
      const logo_uri = await documents.logoOf(document, asker)
      return logo_uri === undefined ? client : { ...client, logo_uri }
    },
  }
}

function hostOf(client_id: string): string {
  return new URL(client_id).hostname
}

function madeOf({ client_id, metadata }: ReadDocument, rules: Rules): IntroducedClient {
  try {
    return introducedClient(client_id, { metadata, secret: undefined }, rules)
  } catch (error) {
    if (error instanceof ConfigError) throw unusable(client_id, error.message)
    throw error
  }
}
