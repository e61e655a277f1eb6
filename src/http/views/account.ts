import { say, type Text, type TextKey, type Words } from '../../texts/text.ts'
import { ACCOUNT, CLIENT, NAME, NOTICE } from './samples.ts'
import type { AccountView, ClientView, Notice, Sentence, View } from './view.ts'

/** One application with access. Times are in seconds. */
interface AppRow {
  client: ClientView
  client_id: string
  scopes: readonly Sentence[]
  since: number
  last_used?: number | undefined
  until?: number | undefined
  csrf: string
}

/** One login. Times are in seconds. */
interface LoginRow {
  sid: string
  browser?: string
  system?: string
  address?: string
  since: number
  last_used: number
  isHere: boolean
  csrf: string
}

/** Something that happened. `at` in seconds. */
interface HappenedRow {
  text: Text
  at: number
  count: number
  address?: string
}

interface AccountPageView {
  account: AccountView
  /** The time zone of all times. */
  zone: string
  facts: readonly { label: TextKey; value: string }[]
  /** Whether the person can change what is said of them, and their password. */
  isOwn: boolean
  logins: readonly LoginRow[]
  apps: readonly AppRow[]
  /** Those that introduced themselves. */
  agents: readonly AppRow[]
  happened: readonly HappenedRow[]
  /** Applications to go to. */
  links: readonly { name: string | Words; tile?: number | undefined; href: string }[]
  /** Where things are, and the tokens of the forms that are about all of something. */
  actions: {
    here: string
    log_out: string
    password: string
    profile: string
    data: string
    /** Absent if people do not delete themselves. */
    delete?: string
    end_others: string
    remove_agents: string
  }
  /** The walk-through's URL, in the demo. */
  try_href?: string | undefined
  notice?: Notice | undefined
}

const ACTIONS = {
  ...{ here: '/account', log_out: '/logout', password: '/', profile: '/', data: '/', delete: '/' },
  ...{ end_others: 'sample', remove_agents: 'sample' },
}
const APP = { client_id: 'sample', csrf: 'sample', since: 0, scopes: ['See a sample'] }
const LOGIN = { sid: 'sample', csrf: 'sample', since: 0, last_used: 0 }
const PAGE = { account: ACCOUNT, zone: 'UTC', actions: ACTIONS }

export const account: View<AccountPageView> = {
  title: () => say('account.title'),
  endsAtClient: false,
  samples: [
    {
      ...PAGE,
      facts: [{ label: 'field.name', value: NAME }],
      isOwn: true,
      logins: [
        { ...LOGIN, isHere: true, browser: 'Firefox', system: 'Linux', address: '192.0.2.1' },
        { ...LOGIN, isHere: false },
      ],
      apps: [
        { ...APP, client: CLIENT, last_used: 1, until: 2 },
        { ...APP, client: { name: NAME }, scopes: [] },
      ],
      agents: [{ ...APP, client: { name: NAME } }],
      happened: [{ text: say('happened.login'), at: 0, count: 2, address: '192.0.2.1' }],
      links: [{ name: NAME, href: '/' }],
      try_href: '/',
      notice: NOTICE,
    },
    {
      ...PAGE,
      facts: [],
      isOwn: false,
      logins: [{ ...LOGIN, isHere: true }],
      apps: [],
      agents: [],
      happened: [],
      links: [],
    },
  ],
}
