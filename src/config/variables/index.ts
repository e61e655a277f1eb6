import { FILES } from './files.ts'
import { KEYS } from './keys.ts'
import { LIFETIMES } from './lifetimes.ts'
import { LISTEN } from './listen.ts'
import { LOG } from './log.ts'
import { OUTBOUND } from './outbound.ts'
import { SESSIONS } from './sessions.ts'
import { STORE } from './store.ts'

/**
 * Every variable that Postern reads. The type, the check, `.env.example` and the docs follow from this table. The
 * environment says where this process runs, and its secrets; what the server does is said by the configuration file.
 */
export const VARIABLES = {
  ...LISTEN,
  ...FILES,
  ...STORE,
  ...KEYS,
  ...LIFETIMES,
  ...SESSIONS,
  ...OUTBOUND,
  ...LOG,
} as const
