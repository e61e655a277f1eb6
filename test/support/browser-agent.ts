import type { FastifyInstance } from 'fastify'
import type { Response } from 'light-my-request'

export const WALK =
  '/oauth/authorize?client_id=test_client&redirect_uri=https%3A%2F%2Fwww.example.com%2Fredirect&response_type=code&state=somestate&scope=email'

/** A browser without a screen: keeps cookies, fills in the form of the page it is on, follows our redirects. */
export class Agent {
  readonly #app: FastifyInstance
  readonly cookies = new Map<string, string>()
  headers: Record<string, string> = { host: 'localhost:8000' }
  /** Where it connects from. */
  address = '127.0.0.1'
  /** What a proxy in front takes off the path of each request. */
  cut = ''

  constructor(app: FastifyInstance) {
    this.#app = app
  }

  async get(url: string): Promise<Response> {
    return this.#send({ method: 'GET', url })
  }

  async post(url: string, form: Record<string, string>): Promise<Response> {
    const payload = new URLSearchParams(form).toString()
    return this.#send({ method: 'POST', url, payload })
  }

  /** Posts the page's first form with these fields beside its hidden ones, and follows redirects on this server. */
  async submit(page: Response, fields: Record<string, string>): Promise<Response> {
    const [form = '', to = ''] = /<form[^>]*action="([^"]*)"[\s\S]*?<\/form>/.exec(page.body) ?? []
    const action = unescapeHtml(to)
    if (action === '') throw new Error(`no form on the page: ${page.statusCode} ${page.body}`)
    const hidden = [...form.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)]
    const own = Object.fromEntries(
      hidden.map(([, name, value]) => [name as string, unescapeHtml(value as string)]),
    )
    return this.follow(await this.post(action, { ...own, ...fields }))
  }

  /** Follows redirects as long as they stay on this server. */
  async follow(response: Response): Promise<Response> {
    let current = response
    for (let hop = 0; hop < 5 && String(current.headers.location ?? '').startsWith('/'); hop++) {
      current = await this.get(String(current.headers.location))
    }
    return current
  }

  async login(page: Response, username = 'admin', password = 'admin'): Promise<Response> {
    return this.submit(page, { username, password })
  }

  /** The whole walk: log in where asked, approve where asked; gives the parameters that the client gets. */
  async authorize(url = WALK): Promise<URLSearchParams> {
    let page = await this.follow(await this.get(url))
    if (page.body.includes('name="password"')) page = await this.login(page)
    if (page.body.includes('value="approve"')) page = await this.submit(page, { decision: 'approve' })
    return answerOf(page)
  }

  async #send(request: { method: 'GET' | 'POST'; url: string; payload?: string }): Promise<Response> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const headers = { ...this.headers, ...(cookie && { cookie }) }
    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    const { url } = request
    const response = await this.#app.inject({
      ...request,
      url: url.startsWith(this.cut) ? url.slice(this.cut.length) : url,
      remoteAddress: this.address,
      headers: request.method === 'POST' ? { 'sec-fetch-site': 'same-origin', ...form, ...headers } : headers,
    })
    for (const { name, value } of response.cookies) {
      if (value === '') this.cookies.delete(name)
      else this.cookies.set(name, value)
    }
    return response
  }
}

/** The parameters of a redirect to a client. */
export function answerOf(response: Response): URLSearchParams {
  const { location } = response.headers
  if (response.statusCode !== 303 || typeof location !== 'string') {
    throw new Error(`not a redirect: ${response.statusCode} ${response.body}`)
  }
  const url = new URL(location)
  return url.hash === '' ? url.searchParams : new URLSearchParams(url.hash.slice(1))
}

function unescapeHtml(text: string): string {
  return text
    .replaceAll('&#34;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
}
