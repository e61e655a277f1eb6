import { makeHandle, openHandle } from '../../secrets/handles.ts'
import type { Keys } from '../../secrets/keys.ts'
import { random } from '../../secrets/random.ts'

// Seconds since the epoch, in 6 bytes, and random bytes that make each token another.
const TIME = 6
const NONCE = 12

/** Makes an initial access token (RFC 7591 §3), which lets its bearer register clients until `expires_at` (seconds). */
export function makeInitialAccessToken(keys: Keys, expires_at: number): string {
  const facts = Buffer.alloc(TIME + NONCE)
  facts.writeUIntBE(expires_at, 0, TIME)
  facts.set(random(NONCE), TIME)
  return makeHandle(keys, 'ri', facts)
}

/** Whether a text is such a token and good at `now` (seconds). */
export function isInitialAccessToken(keys: Keys, text: string, now: number): boolean {
  const expires_at = endIn(openHandle(keys, 'ri', text))
  return expires_at !== undefined && expires_at > now
}

/** When (seconds) what has these facts is good no more. */
export function endIn(facts: Buffer | undefined): number | undefined {
  return facts?.length === TIME + NONCE ? facts.readUIntBE(0, TIME) : undefined
}
