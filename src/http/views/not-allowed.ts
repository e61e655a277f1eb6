import { say } from '../../texts/text.ts'
import { ACCOUNT, CLIENT, FORM, NAME, NOTICE } from './samples.ts'
import type { AccountView, ClientView, Notice, View } from './view.ts'

interface NotAllowedView {
  action: string
  csrf: string
  client: ClientView
  account: AccountView
  /** The login page for the same request, for somebody else. */
  other_href: string
  /** Whom the client is for, in the operator's words; may be empty. */
  groups: readonly string[]
  notice?: Notice
}

export const notAllowed: View<NotAllowedView> = {
  title: () => say('not_allowed.title'),
  endsAtClient: true,
  samples: [
    { ...FORM, client: CLIENT, account: ACCOUNT, other_href: '/', notice: NOTICE, groups: [NAME] },
    { ...FORM, client: { name: NAME }, account: ACCOUNT, other_href: '/', groups: [] },
  ],
}
