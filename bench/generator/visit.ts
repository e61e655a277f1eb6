import { hash } from 'node:crypto'
import { basic, PASSWORD, REDIRECT_URI, SCOPE, VERIFIER, webClient } from '../harness/registration.ts'
import { workload } from '../harness/workloads.ts'
import { type Actor, expectAnswer, hostOf } from './actor.ts'
import { get, headerOf, post, type Response } from './http.ts'
import type { Job } from './job.ts'

/** One person's browser. */
export interface Browser {
  person: string
  /** Cookies by name. */
  cookies: Map<string, string>
}

/** What a visit is like beside its browser. */
export interface Manner {
  /** Whether the person may be asked: a browser that is logged in must get its code at once. */
  pages: boolean
  password?: string
  verifier?: string
}

// RFC 7636 §4.2.
const CHALLENGE = hash('sha256', VERIFIER, 'base64url')
// More than any server here needs for login and consent.
const MOST_REQUESTS = 16
const STATE = 'a-state-of-the-client'

/** One authorization request, from the browser's first GET to the client's tokens. */
export class Visit {
  readonly #job: Job
  readonly #browser: Browser
  readonly #manner: Manner
  #redeeming = false
  #requests = 0

  constructor(job: Job, browser: Browser, manner: Manner) {
    this.#job = job
    this.#browser = browser
    this.#manner = manner
  }

  begin(): string {
    const { dialect } = this.#job
    const { sends, algorithm } = workload(this.#job.workload)
    const query = new URLSearchParams({
      client_id: webClient(algorithm).client_id,
      redirect_uri: REDIRECT_URI,
      response_type: 'code',
      scope: [sends === 'openid_flow' && 'openid', SCOPE, dialect.offline].filter(Boolean).join(' '),
      state: STATE,
      code_challenge: CHALLENGE,
      code_challenge_method: 'S256',
      // A decision that is remembered would leave nothing to ask.
      ...(sends === 'login' && { prompt: 'consent' }),
    })
    return this.#get(`${dialect.authorize}?${query}`)
  }

  take(response: Response): string | undefined {
    if (++this.#requests > MOST_REQUESTS) throw new Error('the browser is sent round and round')
    if (this.#redeeming) {
      const { sends } = workload(this.#job.workload)
      expectAnswer(response, '"access_token":"', ...(sends === 'openid_flow' ? ['"id_token":"'] : []))
      return undefined
    }
    keepCookies(this.#browser.cookies, response.head)
    if (response.status >= 301 && response.status <= 308) return this.#follow(response)
    if (response.status !== 200) throw new Error(`${response.status} ${response.body.slice(0, 300)}`)
    if (!this.#manner.pages) throw new Error('a page where the browser is logged in')
    return this.#fillIn(response.body)
  }

  #follow({ head }: Response): string {
    const location = headerOf(head, 'location') ?? ''
    const url = new URL(location, `http://${hostOf(this.#job)}`)
    if (!location.startsWith(REDIRECT_URI)) return this.#get(url.pathname + url.search)
    const code = url.searchParams.get('code')
    if (code === null || url.searchParams.get('state') !== STATE) throw new Error(`no code: ${location}`)
    this.#redeeming = true
    const { dialect } = this.#job
    const form = {
      grant_type: 'authorization_code',
      code,
      redirect_uri: REDIRECT_URI,
      code_verifier: this.#manner.verifier ?? VERIFIER,
    }
    const { algorithm } = workload(this.#job.workload)
    const headers = { Authorization: basic(webClient(algorithm)) }
    return post(hostOf(this.#job), dialect.token, { form, headers })
  }

  #fillIn(page: string): string {
    const action = /<form[^>]*action="([^"]*)"/.exec(page)?.[1]
    if (action === undefined) throw new Error(`a page without a form: ${page.slice(0, 300)}`)
    const form: Record<string, string> = {}
    for (const [, name, value] of page.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g))
      form[name as string] = unescapeHtml(value as string)
    if (page.includes('name="password"')) {
      form.username = this.#browser.person
      form.password = this.#manner.password ?? PASSWORD
    } else if (page.includes('value="approve"')) form.decision = 'approve'
    else throw new Error(`a page that nobody knows: ${page.slice(0, 300)}`)
    const url = new URL(unescapeHtml(action), `http://${hostOf(this.#job)}`)
    return post(hostOf(this.#job), url.pathname + url.search, { form, headers: this.#headers() })
  }

  #get(path: string): string {
    return get(hostOf(this.#job), path, this.#headers())
  }

  #headers(): Record<string, string> {
    const { cookies } = this.#browser
    if (cookies.size === 0) return {}
    return { Cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') }
  }
}

/** Visits in turn: of people who are logged in, or of new browsers (`pages`). */
export class Visits implements Actor {
  readonly #job: Job
  readonly #browsers: readonly Browser[]
  readonly #pages: boolean
  #at: number
  #visit: Visit | undefined

  constructor(job: Job, browsers: readonly Browser[], { pages, at }: { pages: boolean; at: number }) {
    this.#job = job
    this.#browsers = browsers
    this.#pages = pages
    this.#at = at
  }

  begin(): string {
    const known = this.#browsers[this.#at++ % this.#browsers.length] as Browser
    const browser = this.#pages ? { person: known.person, cookies: new Map<string, string>() } : known
    this.#visit = new Visit(this.#job, browser, { pages: this.#pages })
    return this.#visit.begin()
  }

  take(response: Response): string | undefined {
    return this.#visit?.take(response)
  }
}

function keepCookies(cookies: Map<string, string>, head: string): void {
  for (const [, name, value, attributes] of head.matchAll(/\r\nset-cookie: *([^=\r]+)=([^;\r]*)([^\r]*)/gi)) {
    const gone = value === '' || /max-age=0|expires=Thu, 01 Jan 1970/i.test(attributes as string)
    if (gone) cookies.delete(name as string)
    else cookies.set(name as string, value as string)
  }
}

function unescapeHtml(text: string): string {
  return text
    .replaceAll('&#34;', '"')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
}
