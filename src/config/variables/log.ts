import { oneOf } from './variable.ts'

/** What the log has. */
export const LOG = {
  LOG_LEVEL: oneOf(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], 'info', 'What to log.'),
} as const
