import { say } from '../../texts/text.ts'
import { FORM, NOTICE } from './samples.ts'
import type { Notice, View } from './view.ts'

interface AccountPasswordView {
  action: string
  back: string
  csrf: string
  username: string
  /** Characters. */
  min: number
  notice?: Notice | undefined
}

const PAGE = { ...FORM, back: '/account', username: 'ada', min: 15 }

export const accountPassword: View<AccountPasswordView> = {
  title: () => say('account.change_password'),
  endsAtClient: false,
  isHelped: true,
  samples: [{ ...PAGE, notice: NOTICE }, PAGE],
}
