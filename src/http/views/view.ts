import type { Text, Words } from '../../texts/text.ts'

/** A page: its title, what may happen on it, and samples of its data. Its template has the same name in `views/`. */
export interface View<Data> {
  title(data: Data): Text
  /** Whether its form may end at a client, by redirects. */
  endsAtClient: boolean
  /** Whether the script that only helps has something to help with. */
  isHelped?: true
  /** What the template may be given: with everything, and with as little as there can be. For `check-config`. */
  samples: readonly Data[]
}

/** A sentence above a form: what went wrong, or what changed since the page was loaded. */
export interface Notice {
  tone: 'error' | 'info' | 'wait'
  text: Text
  /** How long to wait, in seconds. */
  seconds?: number
}

/** The application that asks, as its registration describes it. */
export interface ClientView {
  name: string | Words
  /** Which of the colours its letter has; none if it has no letter of its own. */
  tile?: number
  logo_uri?: string
  client_uri?: string
  policy_uri?: string
  tos_uri?: string
}

/** The person who is logged in. `name` falls back to the user name. */
export interface AccountView {
  name: string
  username: string
  /** What some permissions are about. */
  email?: string
  phone_number?: string
}

/** What an application may do: a sentence of ours, or the operator's own. */
export type Sentence = Text | string | Words

/** What every page's frame gets beside the view's own data. */
export interface Frame {
  title: string
  /** URL prefix of this server's own paths: '' or the issuer's path. */
  base: string
  /** Version of the assets, for their URLs. */
  assets: string
  brand: BrandView
  /** Whether the page has the script that only helps. */
  isHelped: boolean
  /** The languages to choose from, and where the choice leads. */
  language: {
    choices: readonly { tag: string; name: string }[]
    action: string
    /** Absent if it is too long to be repeated: then there is no choice. */
    back: string | undefined
  }
}

/** Whose pages these are, as the configuration says it. Files are names of assets. */
export interface BrandView {
  name: string
  /** The issuer's host, with its port if it has one. */
  host: string
  logo?: string
  logo_dark?: string
  favicon?: string
  /** A stylesheet with the accent. */
  style?: string
  /** Where people are helped: a URL, or an address of mail. */
  support?: string
  links: readonly { text: string; href: string }[]
  legal?: string
}
