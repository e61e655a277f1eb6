import type { BlockedEntry } from '../../config/blocked.ts'
import type { Fail } from '../../config/config-error.ts'
import { MOMENT, readMoment } from '../../protocol/moment.ts'
import { redirectHost } from '../../protocol/redirect-uri.ts'
import type { Client } from '../client.ts'

/** Who wants in: the client, unless its document has not been read yet, and the host of that document, if there is one. */
export interface Applicant {
  readonly client?: Pick<Client, 'client_name' | 'redirect_uris'>
  readonly document_host?: string | undefined
}

/** A rule about clients that introduced themselves. */
export interface BlockRule {
  /** What it says, for people: `redirect_host *.evil.example`. */
  readonly text: string
  /** The same for each spelling of one rule. */
  readonly key: string
  blocks(applicant: Applicant): boolean
  /** Seconds: what was approved before is over. 0 if it is about something else. */
  readonly ended_before: number
}

type Field = keyof BlockedEntry
type Made = Pick<BlockRule, 'key'> & Partial<BlockRule>

/** The rule of an entry. `now` in seconds: no moment may be later. `fail` gets '' for the entry itself. */
export function blockRule(entry: BlockedEntry, fail: Fail, now: number): BlockRule {
  const [given, ...more] = Object.entries(entry) as [Field, string][]
  // What a later release has kept may have another name, or be no text.
  if (
    given === undefined ||
    more.length > 0 ||
    !Object.hasOwn(KINDS, given[0]) ||
    typeof given[1] !== 'string'
  )
    return fail('', `must have one of ${Object.keys(KINDS).join(', ')}, and only one`)
  const [field, value] = given
  const made = KINDS[field](value, (problem) => fail(field, problem), now)
  return {
    text: `${field} ${value}`,
    blocks: () => false,
    ended_before: 0,
    ...made,
    key: `${field} ${made.key}`,
  }
}

const KINDS: Record<Field, (value: string, refuse: (problem: string) => never, now: number) => Made> = {
  redirect_host(value, refuse) {
    const { key, fits } = hostPattern(value) ?? refuse(NO_HOST)
    return { key, blocks: ({ client }) => !!client?.redirect_uris.some((uri) => fitsUri(key, fits, uri)) }
  },
  document_host(value, refuse) {
    const { key, fits } = hostPattern(value) ?? refuse(NO_HOST)
    return { key, blocks: ({ document_host: host }) => host !== undefined && fits(hostOf(host) ?? host) }
  },
  client_name(value, refuse) {
    const parts = value.split('*').map(folded)
    parts[0] = parts[0]?.trimStart() ?? ''
    parts.push(parts.pop()?.trimEnd() ?? '')
    if (parts.length === 1 && parts[0] === '') refuse('has no character that can be seen')
    return {
      key: parts.join('*'),
      blocks: ({ client }) => client !== undefined && matches(parts, folded(client.client_name).trim()),
    }
  },
  approved_before(value, refuse, now) {
    const moment = readMoment(value) ?? refuse(`is not ${MOMENT}`)
    if (moment > now) refuse('lies ahead: until then nothing that anybody approves would work')
    return { key: String(moment), ended_before: moment }
  },
}

const NO_HOST =
  'is not a host name; write it without scheme, port and path: evil.example, or *.evil.example for it and all below it'

/** A host, or `*.` and a host, for that and all below it. Undefined for anything else. */
function hostPattern(text: string): { key: string; fits: (host: string) => boolean } | undefined {
  const [, star = '', name = ''] = /^(\*\.)?(\[[\da-f:.]+\]|[^\s/\\?#@:%*[\]]+):?$/i.exec(text.trim()) ?? []
  const host = hostOf(name)
  if (host === undefined || host === '' || /^\.|\.\./.test(host)) return undefined
  return {
    key: star + host,
    fits: star === '' ? (one) => one === host : (one) => one === host || one.endsWith(`.${host}`),
  }
}

// As browsers compare hosts (lower case, Punycode, IPv4 in one form), without port and the dot of the root.
function hostOf(name: string): string | undefined {
  return URL.parse(`https://${name}`)?.hostname.replace(/\.+$/, '')
}

// A scheme of an application's own stands for a host, as on the consent page: what follows it is the application's affair, and
// what is below a domain is no scheme.
function fitsUri(key: string, fits: (host: string) => boolean, uri: string): boolean {
  return /^https?:/i.test(uri) ? fits(hostOf(redirectHost(uri)) ?? '') : key === redirectHost(uri)
}

/**
 * A name, or a part of a pattern, so that spellings which look the same are the same: NFKC, without characters that nobody sees, without
 * case (upper case, which depends on no neighbour), one space for several.
 */
function folded(text: string): string {
  const seen = text.replace(/[\p{C}\p{Default_Ignorable_Code_Point}\u2800]/gu, '').normalize('NFKC')
  return seen.toLowerCase().toUpperCase().normalize('NFKC').replace(/\s+/gu, ' ')
}

// Each part at its first place is enough, so that no pattern takes longer than its name.
function matches([first = '', ...rest]: readonly string[], name: string): boolean {
  const last = rest.pop()
  if (last === undefined) return name === first
  if (!name.startsWith(first)) return false
  let at = first.length
  for (const part of rest) {
    const found = name.indexOf(part, at)
    if (found === -1) return false
    at = found + part.length
  }
  return name.length - last.length >= at && name.endsWith(last)
}
