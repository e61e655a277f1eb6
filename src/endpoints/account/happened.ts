import type { Clients } from '../../clients/client.ts'
import { say, type Text, type TextKey } from '../../texts/text.ts'
import type { Happening } from '../../users/activity.ts'

/** One line of what happened. `at` in seconds. */
export interface HappenedRow {
  text: Text
  at: number
  count: number
  address?: string
}

// With the name of the application, if one took part.
const TEXTS: Partial<
  Record<
    Happening['event'],
    {
      alone: TextKey
      app?:
        | 'happened.login_at'
        | 'happened.consent_granted'
        | 'happened.consent_denied'
        | 'happened.consent_revoked'
        | 'happened.reuse_detected'
    }
  >
> = {
  login: { alone: 'happened.login', app: 'happened.login_at' },
  login_failed: { alone: 'happened.login_failed' },
  password_set: { alone: 'happened.password_set' },
  profile_changed: { alone: 'happened.profile_changed' },
  consent_granted: { alone: 'happened.consent', app: 'happened.consent_granted' },
  consent_denied: { alone: 'happened.consent', app: 'happened.consent_denied' },
  consent_revoked: { alone: 'happened.consent', app: 'happened.consent_revoked' },
  code_reuse_detected: { alone: 'happened.reuse', app: 'happened.reuse_detected' },
  refresh_reuse_detected: { alone: 'happened.reuse', app: 'happened.reuse_detected' },
}

// Lines of the page; the download has all.
const SHOWN = 15

/** What happened to an account, in words. */
export async function happenedRows(happened: readonly Happening[], clients: Clients): Promise<HappenedRow[]> {
  const rows = happened.slice(0, SHOWN).map(async ({ event, client_id, at, count, address }) => {
    const texts = TEXTS[event]
    if (texts === undefined) return []
    const client = client_id === undefined ? undefined : await clients.find(client_id)
    const text =
      client && texts.app
        ? say(texts.app, { client: client.client_name })
        : say(texts.alone as 'happened.login')
    return [{ text, at, count, ...(address !== undefined && { address }) }]
  })
  return (await Promise.all(rows)).flat()
}
