import { pino } from 'pino'
import { turnByTurn } from '../../src/http/log-lines.ts'
import { createLogger, type Logger } from '../../src/http/logger.ts'
import { CLIENTS, WEB_CLIENTS } from '../harness/registration.ts'

/** What a server that is measured is told by its environment. */
export function settings() {
  const { PORT = '', PEOPLE = '1', PASSWORD_HASH = '', REDIS_URL = '' } = process.env
  return { port: Number(PORT), people: Number(PEOPLE), passwordHash: PASSWORD_HASH, redisUrl: REDIS_URL }
}

/** Every client that there is. */
export const ALL_CLIENTS = [CLIENTS.service, CLIENTS.jwt, CLIENTS.resource, ...WEB_CLIENTS]

/** The log that Postern itself has: the same lines, written in the same way to the same descriptor. */
export function openLog(): Logger {
  const sink = pino.destination({ dest: 1, sync: false, minLength: 1 })
  return createLogger(
    'info',
    turnByTurn(sink, () => {}),
  )
}
