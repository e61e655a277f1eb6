import { BY_ERROR, BY_EVENT, BY_MESSAGE, BY_STATUS } from './kinds.ts'
import { REASONS } from './reasons.ts'
import type { Remedy } from './remedy.ts'

/** What a line of the log says, as far as it is looked at. */
export interface LogLine {
  time?: string
  level?: string
  req?: string
  msg?: string
  event?: string
  error?: string
  reason?: string
  detail?: string
  status?: number
}

/** What a line means, or undefined if it only records what went well. The particular comes before the general. */
export function remedyOf({ reason, event, error, msg, status }: LogLine): Remedy | undefined {
  const found =
    ofReason(reason) ??
    entry(BY_EVENT, event) ??
    entry(BY_ERROR, error) ??
    BY_MESSAGE.get(msg ?? '') ??
    BY_STATUS.get(status ?? 0)
  return found && { rule: found.rule, remedy: found.remedy }
}

function ofReason(reason: string | undefined): Remedy | undefined {
  return reason === undefined ? undefined : REASONS.find(({ says }) => says.test(reason))
}

function entry(table: Readonly<Record<string, Remedy>>, name: string | undefined): Remedy | undefined {
  return name !== undefined && Object.hasOwn(table, name) ? table[name] : undefined
}
