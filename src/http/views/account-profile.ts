import { say, type TextKey } from '../../texts/text.ts'
import { FORM, NOTICE } from './samples.ts'
import type { Notice, View } from './view.ts'

interface AccountProfileView {
  action: string
  back: string
  csrf: string
  fields: readonly { name: string; label: TextKey; value: string; wrong: boolean }[]
  notice?: Notice | undefined
}

const PAGE = { ...FORM, back: '/account' }
const FIELD = { name: 'name', label: 'field.name', value: 'Ada', wrong: true } as const

export const accountProfile: View<AccountProfileView> = {
  title: () => say('profile.title'),
  endsAtClient: false,
  samples: [
    { ...PAGE, fields: [FIELD, { ...FIELD, name: 'locale', wrong: false }], notice: NOTICE },
    { ...PAGE, fields: [] },
  ],
}
