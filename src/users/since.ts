import type { User } from './user.ts'

/**
 * Whether something that was given at `at` (seconds) was given to whoever had this `sub` before: a name that comes back
 * must not inherit.
 */
export function isOlder(at: number, { since = 0 }: Pick<User, 'since'>): boolean {
  return at < since
}
