import { say, type Text } from '../../texts/text.ts'
import { NAME } from './samples.ts'
import type { View } from './view.ts'

interface ErrorView {
  heading: Text
  message: Text
  /** The RFC's error code, for the developer who reads over the person's shoulder. */
  error?: string
  /** What was wrong, in the developer's words. */
  problem?: string
  request_id: string
  /** A place to go on, if there is one. */
  link?: { href: string; text: Text }
}

export const error: View<ErrorView> = {
  title: ({ heading }) => heading,
  endsAtClient: false,
  samples: [
    {
      heading: say('error.theirs'),
      message: say('error.theirs_message'),
      problem: NAME,
      error: 'invalid_request',
      request_id: '1',
      link: { href: '/', text: say('error.start_page') },
    },
    { heading: say('error.ours'), message: say('error.ours_message'), request_id: '1' },
    { heading: say('error.blocked'), message: say('error.blocked_message'), request_id: '1' },
  ],
}
