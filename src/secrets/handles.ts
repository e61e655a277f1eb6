import type { Keys, Purpose } from './keys.ts'

/** The kinds of opaque strings that we hand out. The key, not the prefix, keeps them apart. */
export type HandleKind = Extract<
  Purpose,
  'at' | 'ct' | 'rt' | 'ac' | 'bs' | 'bw' | 'kd' | 'lh' | 'pl' | 'ci' | 'ri'
>

const VERSION = 1
const HEAD = 1 + 4
const TAG = 32
const MAX_LENGTH = 4096

/** Where the facts of a handle begin. */
export const FACTS = HEAD

/**
 * A handle: `kind_` and base64url of version (1 byte), key id (4), the facts, HMAC-SHA256 (32). It proves
 * itself: nothing about it needs to be stored, and a forged or cut one is refused before any I/O.
 * No expiry is checked here: the facts carry it if the kind has one.
 */
export function makeHandle(keys: Keys, kind: HandleKind, facts: Buffer): string {
  const bytes = draftHandle(facts.length)
  bytes.set(facts, FACTS)
  return sealHandle(keys, kind, bytes)
}

/** Allocates a handle for `length` bytes of facts, uninitialised: the caller must write every byte from `FACTS` on. */
export function draftHandle(length: number): Buffer {
  return Buffer.allocUnsafe(HEAD + length + TAG)
}

/** The handle of a draft whose facts are written: what `makeHandle` returns, without copying them. */
export function sealHandle(keys: Keys, kind: HandleKind, bytes: Buffer): string {
  bytes[0] = VERSION
  bytes.set(keys.currentId, 1)
  keys.signInto(kind, bytes, bytes.length - TAG)
  return `${kind}_${bytes.toString('base64url')}`
}

/**
 * What a handle says of itself, whoever made it, or undefined if it has not the form of one. For a person to look at: nothing in it is
 * proven.
 */
export function unprovenHandle(text: string): { kind: string; key_id: string; facts: Buffer } | undefined {
  const [, kind = '', encoded = ''] = /^([a-z]{2})_([\w-]+)$/.exec(text) ?? []
  const bytes = Buffer.from(encoded, 'base64url')
  if (bytes.length < HEAD + TAG || bytes[0] !== VERSION) return undefined
  return {
    kind,
    key_id: bytes.toString('hex', 1, HEAD),
    facts: bytes.subarray(HEAD, bytes.length - TAG),
  }
}

/** The facts of a genuine handle of this kind, or undefined for anything else. */
export function openHandle(keys: Keys, kind: HandleKind, text: string): Buffer | undefined {
  if (text.length > MAX_LENGTH || !text.startsWith(`${kind}_`)) return undefined
  const encoded = text.slice(kind.length + 1)
  const bytes = Buffer.from(encoded, 'base64url')
  if (bytes.length < HEAD + TAG || bytes[0] !== VERSION) return undefined
  // The decoder skips what is not base64url and ignores spare bits: exactly one spelling of a token is valid.
  if (bytes.toString('base64url') !== encoded) return undefined
  const end = bytes.length - TAG
  if (!keys.verify(kind, bytes.subarray(1, HEAD), bytes.subarray(0, end), bytes.subarray(end)))
    return undefined
  return bytes.subarray(HEAD, end)
}
