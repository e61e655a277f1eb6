import ejs from 'ejs'
import { PLACE, type Speaker } from '../texts/speaker.ts'
import type { TextKey, Value } from '../texts/text.ts'
import type { AccountView } from './views/view.ts'

/** Markup that a template may write as it is: everything in it that is not ours is escaped. */
class Markup {
  readonly html: string

  constructor(html: string) {
    this.html = html
  }

  toString(): string {
    return this.html
  }
}

// The `[…]` part of a sentence.
const LINK = /\[([^\]]*)\]/

// Whoever named it may write from right to left, or not: the sentence around it must not turn.
const isolated = (name: string) => new Markup(`<bdi>${ejs.escapeXML(name)}</bdi>`)
const strong = (name: string) => new Markup(`<strong>${isolated(name)}</strong>`)

/** What every template has to write texts with. `<%- … %>` is for `rich` alone, `<%= … %>` for all else. */
export interface PageTexts {
  lang: string
  dir: 'ltr' | 'rtl'
  /** A text without values, or whose values are names or times: to be escaped, as everything in `<%= %>` is. */
  text(key: TextKey, values?: Readonly<Record<string, Value>>): string
  /** A text with markup in its places; `href` is where the part in `[…]` leads to. Escaped already. */
  rich(key: TextKey, values?: Readonly<Record<string, string | Markup>>, href?: string): Markup
  /** Values for `rich`: a name, a name that matters, what is typed, a person. */
  isolated(name: string): Markup
  strong(name: string): Markup
  code(name: string): Markup
  person(account: AccountView): Markup
}

/** The texts of the pages in one language. */
export function pageTexts(speaker: Speaker): PageTexts {
  const { language, direction, pattern } = speaker
  return {
    lang: language,
    dir: direction,
    text: (key, values = {}) =>
      pattern(key).replace(PLACE, (_, name: string) => speaker.write(values[name] ?? '')),
    rich(key, values = {}, href = '') {
      // The link first: what stands in a value is nobody's link.
      const linked = ejs
        .escapeXML(pattern(key))
        .replace(LINK, (_, words: string) => `<a href="${ejs.escapeXML(href)}">${words}</a>`)
      const filled = linked.replace(PLACE, (_, name: string) => {
        const value = values[name] ?? ''
        return typeof value === 'string' ? ejs.escapeXML(value) : value.html
      })
      return new Markup(filled)
    },
    isolated,
    strong,
    code: (name) => new Markup(`<code>${ejs.escapeXML(name)}</code>`),
    person: ({ name, username }) =>
      new Markup(`${strong(name)}${name === username ? '' : ` (${isolated(username)})`}`),
  }
}
