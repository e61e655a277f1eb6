// RFC 3339 §5.6: full-date, or date-time with its offset. Without one nobody could tell which moment is meant.
const FORM = /^(\d{4}-\d{2}-\d{2})(?:[Tt ](\d{2}:\d{2}:\d{2})(?:\.\d+)?([Zz]|[+-]\d{2}:\d{2}))?$/

/** Seconds since the epoch of an RFC 3339 date (its first moment in UTC) or date-time; undefined for anything else. */
export function readMoment(text: string): number | undefined {
  const [, date = '', time = '00:00:00', offset = 'Z'] = FORM.exec(text) ?? []
  const day = Date.parse(`${date}T00:00:00Z`)
  // Days that a month does not have are moved into the next one, not refused.
  if (Number.isNaN(day) || !new Date(day).toISOString().startsWith(date)) return undefined
  const moment = Date.parse(`${date}T${time}${offset.toUpperCase()}`)
  return Number.isNaN(moment) ? undefined : Math.floor(moment / 1000)
}

/** For an operator: what `readMoment` takes. */
export const MOMENT = 'a date (2026-05-31) or a date and time with its offset (2026-05-31T08:00:00+02:00)'
