import { say } from '../../texts/text.ts'
import { URI } from './samples.ts'
import type { View } from './view.ts'

interface FormPostView {
  action: string
  parameters: readonly { name: string; value: string }[]
}

export const formPost: View<FormPostView> = {
  title: () => say('form_post.title'),
  endsAtClient: true,
  samples: [
    { action: URI, parameters: [{ name: 'state', value: '"<&' }] },
    { action: URI, parameters: [] },
  ],
}
