import type { Logger } from '../http/logger.ts'

// Clients and names that the log remembers to have mentioned.
const MAX_NOTED = 1000

/** Says which claims were left out of a client's ID tokens: once for each client and names, or every login would say it again. */
export function notesOfLargeClaims(log: Logger): (client_id: string, names: readonly string[]) => void {
  const noted = new Set<string>()
  return (client_id, names) => {
    const detail = names.join(' ')
    const what = `${client_id} ${detail}`
    if (noted.has(what) || noted.size > MAX_NOTED) return
    noted.add(what)
    log.warn({ client_id, detail }, 'claims too large for an ID token were left out')
  }
}

/** Says whether a client has taken the notice of a log-out. */
export function notesOfLogout(log: Logger): (client_id: string, problem: string | undefined) => void {
  return (client_id, problem) =>
    problem === undefined
      ? log.info({ client_id }, 'logout_delivered')
      : log.warn({ client_id, detail: problem }, 'logout_undelivered')
}
