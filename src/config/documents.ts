import type { Static } from 'typebox'
import { problems, type Schema } from './problems.ts'
import type { Entries } from './schema.ts'

const texts = {
  type: 'array',
  minItems: 1,
  items: { type: 'string', minLength: 1 },
} as const satisfies Schema

/** Whose documents describe clients, and what those may have. */
const DOCUMENTS_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  properties: { hosts: texts, scopes: texts },
} as const satisfies Schema

export type DocumentsEntry = Static<typeof DOCUMENTS_SCHEMA>

/** Whose documents may describe clients. */
export interface ConfiguredDocuments {
  /** Hosts, and `*.` with a domain for all that is below it. */
  hosts: 'all' | readonly string[]
  /** What their clients may have; undefined for all that any client may have which introduces itself. */
  scopes?: readonly string[]
}

/** What the configuration says of `client_id_metadata_documents`; undefined if there are none. */
export function configuredDocuments({
  client_id_metadata_documents: entry = 'off',
}: Pick<Entries, 'client_id_metadata_documents'>): ConfiguredDocuments | undefined {
  if (entry === 'off') return undefined
  if (entry === 'on') return { hosts: 'all' }
  const { hosts = 'all', scopes }: { hosts?: readonly string[] | 'all'; scopes?: readonly string[] } =
    Array.isArray(entry) ? { hosts: entry } : entry
  return { hosts, ...(scopes !== undefined && { scopes }) }
}

/** Whether clients that nobody has entered may come: by a registration or by a document. */
export function introduceThemselves({
  registration = 'off',
  client_id_metadata_documents: documents = 'off',
}: Pick<Entries, 'registration' | 'client_id_metadata_documents'>): boolean {
  return registration !== 'off' || documents !== 'off'
}

/** What is wrong with a value of it. */
export function* documentsProblems(value: unknown, path: string) {
  if (value === undefined) return
  if (typeof value !== 'object' || value === null) {
    if (value !== 'off' && value !== 'on')
      yield { path, problem: 'must be off, on, a list of hosts, or a mapping' }
    return
  }
  const wrong = [...problems(DOCUMENTS_SCHEMA, Array.isArray(value) ? { hosts: value } : value, path)]
  yield* wrong
  if (wrong.length > 0) return
  const [hosts, at] = Array.isArray(value)
    ? [value as string[], path]
    : [(value as { hosts?: string[] }).hosts ?? [], `${path}/hosts`]
  for (const [index, host] of hosts.entries())
    if (!isHost(host))
      yield { path: `${at}/${index}`, problem: 'must be a host, as claude.ai or *.example.com' }
}

function isHost(text: string): boolean {
  const host = text.toLowerCase().replace(/^\*\./, '')
  return URL.parse(`https://${host}/`)?.host === host
}
