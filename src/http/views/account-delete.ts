import { say } from '../../texts/text.ts'
import { FORM, NOTICE } from './samples.ts'
import type { Notice, View } from './view.ts'

interface AccountDeleteView {
  action: string
  back: string
  csrf: string
  username: string
  notice?: Notice | undefined
}

const PAGE = { ...FORM, back: '/account', username: 'ada' }

export const accountDelete: View<AccountDeleteView> = {
  title: () => say('delete.title'),
  endsAtClient: false,
  samples: [{ ...PAGE, notice: NOTICE }, PAGE],
}
