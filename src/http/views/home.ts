import { say } from '../../texts/text.ts'
import type { View } from './view.ts'

/** The front page, for who is not logged in. */
interface HomeView {
  login_href: string
  /** The walk-through's URL, in the demo. */
  try_href?: string | undefined
}

export const home: View<HomeView> = {
  title: () => say('home.title'),
  endsAtClient: false,
  samples: [{ login_href: '/login', try_href: '/' }, { login_href: '/login' }],
}
