import { account } from './account.ts'
import { accountDelete } from './account-delete.ts'
import { accountPassword } from './account-password.ts'
import { accountProfile } from './account-profile.ts'
import { choosePassword } from './choose-password.ts'
import { consent } from './consent.ts'
import { error } from './error.ts'
import { formPost } from './form-post.ts'
import { home } from './home.ts'
import { login } from './login.ts'
import { logout } from './logout.ts'
import { notAllowed } from './not-allowed.ts'
import { selectAccount } from './select-account.ts'
import type { View } from './view.ts'

/** Every page, by the name of its template. */
export const VIEWS = {
  login,
  'select-account': selectAccount,
  consent,
  'choose-password': choosePassword,
  'not-allowed': notAllowed,
  error,
  logout,
  home,
  account,
  'account-password': accountPassword,
  'account-profile': accountProfile,
  'account-delete': accountDelete,
  'form-post': formPost,
}

export type ViewName = keyof typeof VIEWS

/**
 * What each template in `views/` receives, except that each `Text` is a string in the language of the page. A template sees
 * nothing that is not named here, in `Frame`, or in `PageTexts`.
 */
export type Views = {
  [Name in ViewName]: (typeof VIEWS)[Name] extends View<infer Data> ? Data : never
}

/** The view of a name, whose title and samples fit its data. */
export function viewOf<Name extends ViewName>(name: Name): View<Views[Name]> {
  // The compiler cannot see that the entry and the type of one name belong together.
  return VIEWS[name] as unknown as View<Views[Name]>
}
