/** Where a browser has come to: a page, or the address elsewhere that it is sent to. */
export interface Page {
  url: URL
  status: number
  body: string
  location: string | undefined
}

/** A browser over HTTP, with nothing injected: keeps cookies, fills in the page's form, goes where it is sent. */
export class HttpBrowser {
  readonly #cookies = new Map<string, string>()

  /** Logs in and approves as it is asked to, until it is sent to `end` or below; gives that address. */
  async walk(url: string, end: string, login: { username: string; password: string }): Promise<URL> {
    let at = new URL(url)
    let page = await this.#send(at)
    for (let step = 0; step < 12; step++) {
      const location = page.headers.get('location')
      if (location !== null) {
        at = new URL(location, at)
        if (at.href.startsWith(end)) return at
        page = await this.#send(at)
        continue
      }
      const html = await page.text()
      const [, action, form = ''] =
        /<form(?: class="[^"]*")? method="post" action="([^"]+)">([\s\S]*?)<\/form>/.exec(html) ?? []
      if (action === undefined) throw new Error(`no form on the page: ${page.status} ${html}`)
      at = new URL(unescapeHtml(action), at)
      const csrf = /name="csrf" value="([^"]+)"/.exec(form)?.[1] ?? ''
      const answer = form.includes('name="password"') ? login : { decision: 'approve' }
      page = await this.#send(at, new URLSearchParams({ csrf, ...answer }))
    }
    throw new Error(`never came to ${end}`)
  }

  /** Goes to `url` and wherever it is sent, to `end` or below or to a page; gives the last address, and the page's text. */
  async visit(url: string, end: string): Promise<{ url: URL; page: string }> {
    let at = new URL(url)
    for (let step = 0; step < 12; step++) {
      const page = await this.#send(at)
      const location = page.headers.get('location')
      if (location === null) return { url: at, page: await page.text() }
      at = new URL(location, at)
      if (at.href.startsWith(end)) return { url: at, page: '' }
    }
    throw new Error(`never came to ${end}`)
  }

  /** Goes to `url`, and on as long as it is sent to the same origin. */
  async open(url: string): Promise<Page> {
    return this.#settle(new URL(url), await this.#send(new URL(url)))
  }

  /** Sends the page's form with these fields beside its hidden ones. */
  async submit({ url, body }: Page, fields: Record<string, string>): Promise<Page> {
    const [, action, form = ''] =
      /<form(?: class="[^"]*")? method="post" action="([^"]+)">([\s\S]*?)<\/form>/.exec(body) ?? []
    if (action === undefined) throw new Error(`no form on the page: ${body}`)
    const hidden = [...form.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)]
    const own = Object.fromEntries(hidden.map(([, name = '', value = '']) => [name, unescapeHtml(value)]))
    const at = new URL(unescapeHtml(action), url)
    return this.#settle(at, await this.#send(at, new URLSearchParams({ ...own, ...fields })))
  }

  async #settle(url: URL, response: Response): Promise<Page> {
    let [at, answer] = [url, response]
    for (let step = 0; step < 12; step++) {
      const location = answer.headers.get('location')
      if (location === null)
        return { url: at, status: answer.status, body: await answer.text(), location: undefined }
      const next = new URL(location, at)
      if (next.origin !== at.origin) return { url: at, status: answer.status, body: '', location: next.href }
      at = next
      answer = await this.#send(at)
    }
    throw new Error('sent round in circles')
  }

  async #send(url: URL, form?: URLSearchParams): Promise<Response> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await fetch(url, {
      redirect: 'manual',
      headers: cookie === '' ? {} : { cookie },
      ...(form && { method: 'POST', body: form }),
    })
    for (const one of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(one) ?? []
      if (value === '') this.#cookies.delete(name)
      else this.#cookies.set(name, value)
    }
    return response
  }
}

function unescapeHtml(text: string): string {
  return text.replaceAll('&#34;', '"').replaceAll('&#39;', "'").replaceAll('&amp;', '&')
}
