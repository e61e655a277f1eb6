import { say } from '../../texts/text.ts'
import { CLIENT, FORM, NAME, NOTICE } from './samples.ts'
import type { ClientView, Notice, View } from './view.ts'

interface LoginView {
  action: string
  csrf: string
  username: string
  notice?: Notice
  client?: ClientView
  /** Whether it only confirms who is logged in. */
  confirms?: boolean
  /** Whether somebody may stay logged in when the browser is closed, and whether they have asked for it. */
  canRemember?: boolean
  remembered?: boolean
  /** Shown only by the demo: the account to try. */
  demo?: { username: string; password: string }
}

export const login: View<LoginView> = {
  title: ({ client }) => (client ? say('login.title_to', { client: client.name }) : say('login.title')),
  endsAtClient: true,
  isHelped: true,
  samples: [
    {
      ...FORM,
      username: 'ada',
      notice: NOTICE,
      client: CLIENT,
      demo: { username: 'ada', password: 'sample' },
    },
    { ...FORM, username: '', client: { name: NAME } },
    { ...FORM, username: '', confirms: true, canRemember: true, remembered: true },
    { ...FORM, username: '' },
  ],
}
