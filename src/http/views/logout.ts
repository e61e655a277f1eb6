import { say } from '../../texts/text.ts'
import { ACCOUNT, FORM, NOTICE, URI } from './samples.ts'
import type { AccountView, Notice, View } from './view.ts'

interface LogoutView {
  action: string
  csrf: string
  /** Nobody is logged in (any more) if this is absent. */
  account?: AccountView
  /** Applications that are told of the logout by loading these. */
  frames?: readonly string[]
  /** Where the browser goes on to. */
  continue_href?: string
  notice?: Notice
  /** Parameters of the application's request that were not believed. */
  refused?: readonly string[]
  /** What the log has of it. */
  request_id?: string
}

export const logout: View<LogoutView> = {
  title: ({ account }) => say(account ? 'logout.title' : 'logged_out.title'),
  endsAtClient: true,
  samples: [
    { ...FORM, account: ACCOUNT, frames: [URI], continue_href: URI, notice: NOTICE },
    { ...FORM, frames: [URI], continue_href: URI, notice: NOTICE, refused: ['state'], request_id: '1' },
    { ...FORM },
  ],
}
