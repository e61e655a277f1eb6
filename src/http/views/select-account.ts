import { say } from '../../texts/text.ts'
import { ACCOUNT, CLIENT, FORM, NAME, NOTICE } from './samples.ts'
import type { AccountView, ClientView, Notice, View } from './view.ts'

interface SelectAccountView {
  action: string
  csrf: string
  client: ClientView
  account: AccountView
  /** The login page for this request, for somebody else. */
  other_href: string
  notice?: Notice
}

export const selectAccount: View<SelectAccountView> = {
  title: () => say('select_account.title'),
  endsAtClient: true,
  samples: [
    { ...FORM, client: CLIENT, account: ACCOUNT, other_href: '/', notice: NOTICE },
    { ...FORM, client: { name: NAME }, account: ACCOUNT, other_href: '/' },
  ],
}
