import type { Action } from '../action.ts'
import { block, blocked, unblock } from './block.ts'
import { add, rotateSecret, set } from './change.ts'
import { deleteOne, stop } from './end.ts'
import { invite } from './invite.ts'
import { list, show } from './show.ts'

/** What can be done with clients. */
export const CLIENTS: Readonly<Record<string, Action>> = {
  add,
  list,
  show,
  set,
  'rotate-secret': rotateSecret,
  invite,
  block,
  unblock,
  blocked,
  stop,
  delete: deleteOne,
}
