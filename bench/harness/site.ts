import { join } from 'node:path'
import { Child } from './child.ts'
import { CORES } from './cores.ts'
import { freePort } from './ports.ts'

/** Requests of a round. */
export const REQUESTS = 300

const REDIRECT = 'https://www.example.com/redirect'
/** The demo client's request. */
export const WALK = `/oauth/authorize?${new URLSearchParams({ client_id: 'test_client', redirect_uri: REDIRECT, response_type: 'code', scope: 'email' })}`

/** A page, and whether the person is logged in who sees it. */
export interface Place {
  title: string
  isKnown: boolean
  url: string
}

/** What was found out about a page: microseconds of CPU by round, bytes of its HTML. */
export interface Found {
  costs: number[]
  bytes: number
}

/** A server of one checkout, with its demo, and a browser that is logged in to it. */
export class Site {
  readonly found = new Map<Place, Found>()
  readonly #server: Child
  readonly #origin: string
  #cookies = ''

  private constructor(server: Child, origin: string) {
    this.#server = server
    this.#origin = origin
  }

  static async open(checkout: string): Promise<Site> {
    const port = await freePort()
    const origin = `http://localhost:${port}`
    const env = { PORT: String(port), HOST: '127.0.0.1', ISSUER: origin }
    const script = join(checkout, 'src/start.js')
    const site = new Site(await Child.start({ script, env, cores: CORES.server, port }), origin)
    await site.#login()
    return site
  }

  /** One round of a page. The first, -1, only warms up. */
  async measure(place: Place, round: number): Promise<void> {
    const found = this.found.get(place) ?? { costs: [], bytes: 0 }
    this.found.set(place, found)
    const { cpu } = await this.#server.usage()
    for (let at = 0; at < REQUESTS; at++) found.bytes = (await this.#get(place)).length
    if (round >= 0) found.costs.push(((await this.#server.usage()).cpu - cpu) / REQUESTS)
  }

  close(): Promise<void> {
    return this.#server.stop()
  }

  async #get({ url, isKnown }: Place): Promise<Buffer> {
    let answer = await this.#ask(url, isKnown)
    // Where who is logged in is at home has another address now.
    if (answer.status === 303) answer = await this.#ask(String(answer.headers.get('location')), isKnown)
    if (![200, 400].includes(answer.status)) throw new Error(`${url}: ${answer.status}`)
    return Buffer.from(await answer.arrayBuffer())
  }

  #ask(url: string, isKnown: boolean): Promise<Response> {
    const headers = { 'accept-language': 'en', ...(isKnown && { cookie: this.#cookies }) }
    return fetch(new URL(url, this.#origin), { headers, redirect: 'manual' })
  }

  async #login(): Promise<void> {
    const jar = new Map<string, string>()
    const keep = ({ headers }: Response) => {
      for (const cookie of headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
        jar.set(name, value)
      }
      this.#cookies = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    }
    const page = await this.#ask(WALK, false)
    keep(page)
    const [form = '', to = ''] = /<form[^>]*action="([^"]*)"[\s\S]*?<\/form>/.exec(await page.text()) ?? []
    const hidden = [...form.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)]
    const fields = Object.fromEntries(hidden.map(([, name = '', value = '']) => [name, value]))
    const body = new URLSearchParams({ ...fields, username: 'admin', password: 'admin' })
    const url = new URL(to.replaceAll('&amp;', '&'), this.#origin)
    const headers = { cookie: this.#cookies, 'sec-fetch-site': 'same-origin' }
    const answer = await fetch(url, { method: 'POST', headers, body, redirect: 'manual' })
    if (answer.status !== 303) throw new Error(`login: ${answer.status}`)
    keep(answer)
  }
}
