// Longer names are compared as they are: the time to normalize some texts grows with the square of their length.
const MAX_NORMALIZED = 256

/** The one spelling that all spellings of a user name share: trimmed, compatible characters as one (NFKC), lower case. */
export function fold(username: string): string {
  const name = username.trim()
  if (name.length > MAX_NORMALIZED) return name
  // Both again at the end, because what was changed may have made a space in front, or characters to compose.
  return name.normalize('NFKC').toLowerCase().normalize('NFKC').trim()
}

/** Trimmed and composed (NFC): what is left of two spellings that look the same. */
function composed(username: string): string {
  const name = username.trim()
  return name.length > MAX_NORMALIZED ? name : name.normalize('NFC')
}

/** Who has which user name, and which email address. */
export class Names<Person> {
  readonly #exact = new Map<string, Person>()
  /** Undefined if two names fold to one. */
  readonly #folded = new Map<string, Person | undefined>()
  /** Undefined if two people have one. */
  readonly #addresses = new Map<string, Person | undefined>()

  /** Adds a name as it is written; false if it is there already. */
  add(username: string, person: Person): boolean {
    if (this.#exact.has(username)) return false
    this.#exact.set(username, person)
    const folded = fold(username)
    this.#folded.set(folded, this.#folded.has(folded) ? undefined : person)
    return true
  }

  /** Adds a verified email address. Which of two people with one address is meant nobody could tell, so then it means none. */
  addAddress(address: string, person: Person): void {
    const folded = fold(address)
    this.#addresses.set(folded, this.#addresses.has(folded) ? undefined : person)
  }

  /** Every name and address, folded. */
  all(): readonly string[] {
    return [...new Set([...this.#folded.keys(), ...this.#addresses.keys()])]
  }

  /** Whether a folded name is somebody's user name or verified address. */
  has(folded: string): boolean {
    return this.#folded.has(folded) || this.#addresses.has(folded)
  }

  /**
   * Whom a typed name means: whose name is written so, else whose name it is but for the form of its characters, capitals
   * and spaces around it, else whose email address it is. If a name fits two people, it means nobody: each of them is found
   * by the exact name. An address that is also somebody's user name is that person's alone.
   */
  find(typed: string): Person | undefined {
    // All of them for every name: which of them finds somebody must not be told by the time.
    const folded = fold(typed)
    const address = this.#addresses.get(folded)
    const found = [
      this.#exact.get(typed),
      this.#exact.get(composed(typed)),
      this.#folded.get(folded),
      this.#folded.has(folded) ? undefined : address,
    ]
    return found.find((person) => person !== undefined)
  }
}

/** The names that fold to one with another: only their exact spelling finds somebody. */
export function ambiguousNames(usernames: readonly string[]): string[] {
  const sharing = Map.groupBy(usernames, fold)
  return [...sharing.values()].filter((names) => names.length > 1).flat()
}
