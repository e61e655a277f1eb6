import { disableTypes, imageSize, types } from 'image-size'
import type { Outbound } from '../../outbound/outbound.ts'
import { type FetchAsker, FetchBudget, TooManyDocuments } from './fetch-budget.ts'
import { framesOf, type Size } from './image-frames.ts'

// Bytes, and pixels of a side: an image that unpacks to gigabytes must not reach a browser.
const MOST = 65_536
const MAX_SIDE = 1024
// Logos that are kept.
const MAX_LOGOS = 100
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
  readonly #budget: FetchBudget
  readonly #kept = new Map<string, { shown: string | undefined; until: number }>()
  readonly #reading = new Map<string, Promise<string | undefined>>()

  /** `budget`: how many may be asked for, by its own count. */
  constructor(outbound: (url: string) => Pick<Outbound, 'fetch'>, budget = new FetchBudget()) {
    this.#outbound = outbound
    this.#budget = budget
  }

  /** As a `data:` URL; undefined if there is none that can be shown, or not yet. Never throws. */
  async read(logo_uri: string, asker: FetchAsker): Promise<string | undefined> {
    const kept = this.#kept.get(logo_uri)
    if (kept !== undefined && performance.now() < kept.until) return kept.shown
    const reading = this.#reading.get(logo_uri) ?? this.#fetch(logo_uri, asker)
    this.#reading.set(logo_uri, reading)
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), PATIENCE)
    })
    return Promise.race([reading, late]).finally(() => clearTimeout(timer))
  }

  // More logos are known of than are kept, and their hosts must not be asked again and again by whoever knows them.
  async #fetch(logo_uri: string, asker: FetchAsker): Promise<string | undefined> {
    const asked = { accept: 'image/*', most: MOST }
    const ask = () => this.#outbound(logo_uri).fetch(logo_uri, asked)
    try {
      const { status, bytes } = await this.#budget.spend(asker, ask)
      return this.#keep(logo_uri, status === 200 ? shownAs(bytes) : undefined)
    } catch (error) {
      // There are letters for those without.
      if (!(error instanceof TooManyDocuments)) this.#keep(logo_uri, undefined)
      return undefined
    } finally {
      this.#reading.delete(logo_uri)
    }
  }

  #keep(logo_uri: string, shown: string | undefined): string | undefined {
    this.#kept.delete(logo_uri)
    const until = performance.now() + (shown === undefined ? KEPT_IN_VAIN : KEPT)
    this.#kept.set(logo_uri, { shown, until })
    const [oldest] = this.#kept.keys()
    if (this.#kept.size > MAX_LOGOS && oldest !== undefined) this.#kept.delete(oldest)
    return shown
  }
}

function fits({ width, height }: Size): boolean {
  return width > 0 && height > 0 && Math.max(width, height) <= MAX_SIDE
}

/** An image as a `data:` URL; undefined for what is none, or too large a one. */
export function shownAs(bytes: Buffer): string | undefined {
  try {
    const { type = '', ...size } = imageSize(bytes)
    const named = TYPES.get(type)
    const frames = type === 'gif' || type === 'jpg' ? framesOf(type, bytes) : []
    if (named === undefined || !frames || ![size, ...frames].every(fits)) return undefined
    return `data:${named};base64,${bytes.toString('base64')}`
  } catch {
    return undefined
  }
}
