import { say } from '../../texts/text.ts'
import { FORM, NOTICE } from './samples.ts'
import type { Notice, View } from './view.ts'

interface ChoosePasswordView {
  /** What becomes of the link: a form, the good end, or a link that opens nothing any more. */
  state: 'open' | 'done' | 'gone'
  action: string
  csrf: string
  username: string
  /** Characters. */
  min: number
  notice?: Notice
}

export const choosePassword: View<ChoosePasswordView> = {
  title: () => say('choose_password.title'),
  endsAtClient: false,
  isHelped: true,
  samples: [
    { ...FORM, state: 'open', username: 'ada', min: 15, notice: NOTICE },
    { ...FORM, state: 'open', username: 'ada', min: 15 },
    { ...FORM, state: 'done', username: 'ada', min: 15 },
    { ...FORM, state: 'gone', username: '', min: 15 },
  ],
}
