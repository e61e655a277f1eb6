// A hash that nobody has published, and whose password nobody knows.
export const HASH = '$2b$12$MHfQFMD0KNvEPm9GEvKg/.M7XK/TMRU72Ay9YKkF7RreQnNf.4BWi'

/** A configuration of the documents with a hash of its own, as they tell people to make one. */
export function withOwnHash(text: string): string {
  return text.replaceAll(/(password_hash: )\S+/g, (_all, name: string) => name + HASH)
}
