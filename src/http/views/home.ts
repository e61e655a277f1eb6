import { say } from '../../texts/text.ts'
import { ACCOUNT, CLIENT, NAME, NOTICE } from './samples.ts'
import type { AccountView, ClientView, Notice, Sentence, View } from './view.ts'

/** One standing permission on the signed-in page. */
interface AppView {
  client: ClientView
  scopes: readonly Sentence[]
  client_id: string
  csrf: string
}

interface HomeView {
  account?: AccountView
  apps: readonly AppView[]
  login_href: string
  logout_href: string
  remove_action: string
  /** The walk-through's URL, in the demo. */
  try_href?: string
  notice?: Notice
}

const LINKS = { login_href: '/login', logout_href: '/logout', remove_action: '/' }
const APP = { client_id: 'sample', csrf: 'sample' }

export const home: View<HomeView> = {
  title: () => say('home.title'),
  endsAtClient: false,
  samples: [
    {
      ...LINKS,
      account: ACCOUNT,
      apps: [
        { ...APP, client: CLIENT, scopes: ['See a sample'] },
        { ...APP, client: { name: NAME }, scopes: [] },
      ],
      try_href: '/',
      notice: NOTICE,
    },
    { ...LINKS, account: ACCOUNT, apps: [] },
    { ...LINKS, apps: [], try_href: '/', notice: NOTICE },
    { ...LINKS, apps: [] },
  ],
}
