import type { CurrentSession } from '../sessions/sessions.ts'
import { type Action, NotFound } from './action.ts'
import { moment } from './output.ts'
import { peopleIn } from './people-in.ts'
import { occasion } from './run-by.ts'
import { subOf } from './users/person.ts'
import { withWorkbench } from './with-workbench.ts'

const list: Action = {
  summary: 'who is logged in: of one person, or of everybody',
  takes: '[<user>]',
  examples: ['sessions list', 'sessions list ada --json'],
  async run({ words: [who] }, output) {
    await withWorkbench(async ({ bench }) => {
      const rows: ReturnType<typeof rowOf>[] = []
      for await (const { sub, username } of peopleIn(bench, who)) {
        for (const session of await bench.sessions.ofSubject(sub, bench.now()))
          rows.push(rowOf(session, sub, username))
        output.progress(`${rows.length} sessions`)
      }
      output.progress('')
      output.rows(rows, {
        user: (row) => row.username,
        session: (row) => row.sid,
        since: (row) => row.since,
        'last used': (row) => row.last_used,
        until: (row) => row.until,
        'logged in to': (row) => row.clients,
      })
    })
  },
}

const end: Action = {
  summary: 'ends the sessions of a person, with the grants that last with them; their applications are told',
  takes: '<user> [<session>]',
  examples: ['sessions end ada', 'sessions end ada 3Vb0W5mOqLrYwzM1uJ7c9g'],
  async run({ words: [who = '', sid] }, output) {
    await withWorkbench(async ({ bench, note }) => {
      const sub = await subOf(bench, who)
      const now = bench.now()
      const all = await bench.sessions.ofSubject(sub, now)
      const wanted = all.filter(
        ({ session }) => sid === undefined || session.accounts.some((one) => one.sid === sid),
      )
      if (sid !== undefined && wanted.length === 0) throw new NotFound(`${who} has no session ${sid}`)
      note('sessions end', { sub })
      const ended =
        sid === undefined
          ? [await bench.sessionEnd.endAllOf(sub, { grants: false, now })]
          : await Promise.all(wanted.map((one) => bench.sessionEnd.endSurplus(one, now)))
      bench.journal.record(
        occasion,
        ended.flatMap(({ events }) => events),
      )
      if (output.json) return output.fields({ sub, sessions: wanted.length })
      output.say(`Ended: ${wanted.length} sessions of ${who}.`)
    })
  },
}

/** What can be done with sessions. */
export const SESSIONS: Readonly<Record<string, Action>> = { list, end }

function rowOf({ session }: CurrentSession, sub: string, username: string) {
  const { created_at, last_used_at, expires_at, clients, accounts } = session
  const sid = accounts.find((account) => account.sub === sub)?.sid
  return {
    ...{ username, sub, sid, clients, since: moment(created_at) },
    ...{ last_used: moment(last_used_at), until: moment(expires_at) },
  }
}
