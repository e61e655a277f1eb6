import { say } from '../../texts/text.ts'
import { ACCOUNT, CLIENT, FORM, NAME, NOTICE } from './samples.ts'
import type { AccountView, ClientView, Notice, Sentence, View } from './view.ts'

interface ConsentView {
  action: string
  csrf: string
  client: ClientView
  account: AccountView
  switch_href: string
  /** One sentence for each resource and scope. */
  scopes: readonly Sentence[]
  /** The same in two parts, if the person has approved something before: what is new, and what is not. */
  added?: readonly Sentence[]
  known?: readonly Sentence[]
  /** How long the access lasts, if it is renewed. */
  stays?: 'until_logout' | 'after_logout'
  /** Seconds that the person may choose the access to last; may be empty. */
  lifetimes: readonly number[]
  /** Where the browser goes next, if it is elsewhere: a host name, or a scheme for an app on this device. */
  redirect_host?: string
  /** Nobody here has registered the application: `device` if it is on the person's own. */
  introduced?: 'site' | 'device'
  /** Where it says who it is, if that is at an address of its own. */
  document_host?: string
  notice?: Notice
}

const SCOPES = ['See a sample']
const SAMPLE = {
  ...FORM,
  client: CLIENT,
  account: ACCOUNT,
  switch_href: '/',
  scopes: SCOPES,
  lifetimes: [3600],
}

export const consent: View<ConsentView> = {
  title: ({ client }) => say('consent.title', { client: client.name }),
  endsAtClient: true,
  samples: [
    { ...SAMPLE, stays: 'until_logout', redirect_host: 'app.example', notice: NOTICE },
    { ...SAMPLE, stays: 'after_logout', redirect_host: 'app.example', introduced: 'site' },
    {
      ...SAMPLE,
      stays: 'after_logout',
      redirect_host: 'localhost',
      introduced: 'device',
      document_host: 'app.example',
    },
    { ...SAMPLE, added: SCOPES, known: SCOPES, stays: 'after_logout', redirect_host: 'app.example' },
    { ...FORM, client: { name: NAME }, account: ACCOUNT, switch_href: '/', scopes: [], lifetimes: [] },
  ],
}
