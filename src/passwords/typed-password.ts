import { isArgon2idPassword, MAX_ARGON2ID_BYTES } from './password-hash.ts'

/** Characters: SP 800-63B-4 §3.1.1.2, for a password that is the only proof. */
export const MIN_CHOSEN = 15

/** Characters: the same, for one beside a second factor. */
export const MIN_WITH_FACTOR = 8

/**
 * Why nobody may choose this password: too short (counted as it is kept, each character once), or too long; undefined if they may.
 * `least`: characters. No rule of composition: those make passwords worse.
 */
export function chosenProblem(password: string, least: number = MIN_CHOSEN): 'short' | 'long' | undefined {
  if (password.length > MAX_NORMALIZED) return 'long'
  // What is composed has fewer bytes as a rule, but for some scripts more.
  const composed = password.normalize('NFC')
  if ([...composed].length < least) return 'short'
  return isArgon2idPassword(composed) ? undefined : 'long'
}

// UTF-16 units. No text of so many bytes has more of them in any form (U+01D5 has two bytes, and three units decomposed);
// the time to normalize some texts grows with the square of their length.
const MAX_NORMALIZED = 1.5 * MAX_ARGON2ID_BYTES

/**
 * The forms in which a typed password is tried: as it is; composed (SP 800-63B-4 §3.1.1.2: NFC), whatever the keyboard
 * sends; decomposed, as other programs may have hashed what a Mac sent. How many there are depends on the text alone.
 */
export function formsOf(password: string): readonly string[] {
  if (password.length > MAX_NORMALIZED) return [password]
  return [...new Set([password, password.normalize('NFC'), password.normalize('NFD')])]
}
