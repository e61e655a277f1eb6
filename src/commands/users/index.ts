import type { Action } from '../action.ts'
import { adopt } from './adopt.ts'
import { add, link, rename, set, setPassword } from './change.ts'
import { deleteUser, disable, enable } from './end.ts'
import { exportUser, list, show } from './show.ts'

/** What can be done with people. */
export const USERS: Readonly<Record<string, Action>> = {
  add,
  list,
  show,
  set,
  rename,
  'set-password': setPassword,
  link,
  disable,
  enable,
  delete: deleteUser,
  export: exportUser,
  adopt,
}
