// Characters. V8 copies shorter texts by itself when it cuts them out.
const CUT = 13
const SHARED = 256

const recent = new Map<string, string>()

/**
 * The text in memory of its own. V8 cuts a text out of another by pointing into it: as long as a record has a nonce, all
 * 64 KB of the request that it came in would live. Whatever a record takes from a request passes here, or `shared`;
 * what it takes from a registry is there anyway.
 */
export function own(text: string): string {
  return text.length < CUT ? text : Buffer.from(text, 'utf16le').toString('utf16le')
}

/** Like `own`, for what many records have in common: as long as it is one of those seen lately, they share one copy. */
export function shared(text: string): string {
  const known = recent.get(text)
  if (known !== undefined) return known
  const copy = own(text)
  if (recent.size >= SHARED) recent.clear()
  recent.set(copy, copy)
  return copy
}
