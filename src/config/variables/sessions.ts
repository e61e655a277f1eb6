import { DAY, seconds } from './variable.ts'

/** How long browsers stay logged in. */
export const SESSIONS = {
  SESSION_TTL: seconds([60, 365 * DAY], DAY / 2, 'How long a browser stays logged in after a login.'),
  SESSION_IDLE_TTL: seconds(
    [60, 365 * DAY],
    2 * 3600,
    'How long a browser stays logged in without being used: not less, and a tenth more at most, or a minute.',
  ),
} as const
