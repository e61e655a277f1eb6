import { disableTypes, imageSize, types } from 'image-size'
import type { Outbound } from '../../outbound/outbound.ts'

// Bytes, and pixels of a side: an image that unpacks to gigabytes must not reach a browser.
const MOST = 65_536
const MAX_SIDE = 1024
// Logos that are kept, and requests under way at once.
const MAX_LOGOS = 100
const MAX_READING = 8
// Milliseconds that a page waits for one. Without it the page has a letter, and the next page has the logo.
const PATIENCE = 1000
// Milliseconds that a logo is shown, and that one is not asked for which could not be shown.
const KEPT = 86_400_000
const KEPT_IN_VAIN = 600_000

// What browsers draw as an image and never as a document. The bytes say what they are, not the server.
const TYPES = new Map([
  ['png', 'image/png'],
  ['jpg', 'image/jpeg'],
  ['gif', 'image/gif'],
  ['webp', 'image/webp'],
])
disableTypes(types.filter((type) => !TYPES.has(type)))

/**
 * The logos of clients that describe themselves, each read once and shown from here (draft-ietf-oauth-client-id-metadata-document
 * §8.8): so nobody hears of a login by it, and nobody sees another one than was checked.
 */
export class Logos {
  readonly #outbound: (url: string) => Pick<Outbound, 'fetch'>
  readonly #kept = new Map<string, { shown: string | undefined; until: number }>()
  readonly #reading = new Map<string, Promise<string | undefined>>()

  constructor(outbound: (url: string) => Pick<Outbound, 'fetch'>) {
    this.#outbound = outbound
  }

  /** As a `data:` URL; undefined if there is none that can be shown, or not yet. Never throws. */
  async read(logo_uri: string): Promise<string | undefined> {
    const kept = this.#kept.get(logo_uri)
    if (kept !== undefined && performance.now() < kept.until) return kept.shown
    const running = this.#reading.get(logo_uri)
    if (running === undefined && this.#reading.size >= MAX_READING) return undefined
    const reading = running ?? this.#fetch(logo_uri)
    this.#reading.set(logo_uri, reading)
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), PATIENCE)
    })
    return Promise.race([reading, late]).finally(() => clearTimeout(timer))
  }

  async #fetch(logo_uri: string): Promise<string | undefined> {
    let shown: string | undefined
    try {
      const asked = { accept: 'image/*', most: MOST }
      const { status, bytes } = await this.#outbound(logo_uri).fetch(logo_uri, asked)
      if (status === 200) shown = shownAs(bytes)
    } catch {
      // There are letters for those without.
    }
    this.#reading.delete(logo_uri)
    this.#keep(logo_uri, shown)
    return shown
  }

  #keep(logo_uri: string, shown: string | undefined): void {
    this.#kept.delete(logo_uri)
    const until = performance.now() + (shown === undefined ? KEPT_IN_VAIN : KEPT)
    this.#kept.set(logo_uri, { shown, until })
    const [oldest] = this.#kept.keys()
    if (this.#kept.size > MAX_LOGOS && oldest !== undefined) this.#kept.delete(oldest)
  }
}

/** An image as a `data:` URL; undefined for what is none, or too large a one. */
export function shownAs(bytes: Buffer): string | undefined {
  try {
    const { width, height, type = '' } = imageSize(bytes)
    const named = TYPES.get(type)
    if (named === undefined || !(width > 0 && height > 0 && Math.max(width, height) <= MAX_SIDE))
      return undefined
    return `data:${named};base64,${bytes.toString('base64')}`
  } catch {
    return undefined
  }
}
