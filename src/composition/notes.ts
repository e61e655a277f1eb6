import type { Logger } from '../http/logger.ts'

// Clients and names that the log remembers to have mentioned.
const MAX_NOTED = 1000

/** Says the same of the same one only once. */
export function noteOnce(note: (who: string, what: string) => void): (who: string, what: string) => void {
  const noted = new Set<string>()
  return (who, what) => {
    const both = `${who} ${what}`
    if (noted.has(both) || noted.size > MAX_NOTED) return
    noted.add(both)
    note(who, what)
  }
}

/** Says which claims were left out of a client's ID tokens: once for each client and names, or every login would say it again. */
export function notesOfLargeClaims(log: Logger): (client_id: string, names: readonly string[]) => void {
  const note = noteOnce((client_id, detail) =>
    log.warn({ client_id, detail }, 'claims too large for an ID token were left out'),
  )
  return (client_id, names) => note(client_id, names.join(' '))
}

/** Says whether a client has taken the notice of a log-out. */
export function notesOfLogout(log: Logger): (client_id: string, problem: string | undefined) => void {
  return (client_id, problem) =>
    problem === undefined
      ? log.info({ client_id }, 'logout_delivered')
      : log.warn({ client_id, detail: problem }, 'logout_undelivered')
}

/** Says that the keys of clients cannot be read. Each address is asked twice a minute at most. */
export function notesOfKeys(log: Logger): (uri: string, problem: string) => void {
  return (uri, problem) => log.warn({ detail: `${uri}: ${problem}` }, 'the keys of a client cannot be read')
}
