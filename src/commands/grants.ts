import { type Action, WrongUse } from './action.ts'
import { moment } from './output.ts'
import { peopleIn } from './people-in.ts'
import { subOf } from './users/person.ts'
import { withWorkbench } from './with-workbench.ts'

const list: Action = {
  summary: 'what people have given to applications: of one person, to one client, or all',
  takes: '[<user>]',
  options: { client: { value: 'client_id', summary: 'only what this client has' } },
  examples: ['grants list ada', 'grants list --client my-app --json'],
  async run({ words: [who], text }, output) {
    const client = text('client')
    await withWorkbench(async ({ bench }) => {
      const rows: object[] = []
      for await (const { sub, username } of peopleIn(bench, who)) {
        for (const { id, grant } of await bench.grants.ofSubject(sub, bench.now())) {
          const { client_id, scope, created_at, lasting, expires_at, redeemed } = grant
          if (client !== undefined && client_id !== client) continue
          const given = moment(created_at ?? grant.auth_time)
          const lasts = lasting ?? 'login'
          rows.push({
            grant_id: id,
            username,
            sub,
            client_id,
            scope,
            given,
            lasts,
            until: moment(expires_at),
            redeemed,
          })
        }
        output.progress(`${rows.length} grants`)
      }
      output.progress('')
      output.rows(rows as Record<string, unknown>[], {
        user: (row) => row.username,
        client: (row) => row.client_id,
        scope: (row) => row.scope,
        given: (row) => row.given,
        lasts: (row) => (row.lasts === 'login' ? 'until log-out' : 'by itself'),
        until: (row) => row.until,
      })
    })
  },
}

const end: Action = {
  summary: 'ends what a person has given to applications: to one of them, or to all',
  takes: '<user>',
  options: {
    client: { value: 'client_id', summary: 'only what this client has' },
    consents: { summary: 'forgets the approvals too: the person is asked again' },
    all: { summary: 'of every client' },
  },
  examples: ['grants end ada --client my-app', 'grants end ada --all --consents'],
  async run({ words: [who = ''], text, flag }, output) {
    const client = text('client')
    if ((client === undefined) === !flag('all')) throw new WrongUse('say --client <client_id>, or --all')
    await withWorkbench(async ({ bench, note }) => {
      const sub = await subOf(bench, who)
      const now = bench.now()
      const isMeant = (client_id: string) => client === undefined || client_id === client
      const found = (await bench.grants.ofSubject(sub, now)).filter(({ grant }) => isMeant(grant.client_id))
      note('grants end', { sub, client_id: client })
      const ended = await bench.grants.revokeAll(found)
      bench.journal.record(
        { id: 'command' },
        ended.map((one) => ({
          event: 'grant_revoked' as const,
          ...{ client_id: one.grant.client_id, sub, grant_id: one.id, reason: 'by a command' },
        })),
      )
      const consents = flag('consents')
        ? (await bench.consents.ofSubject(sub, now)).filter(({ client_id }) => isMeant(client_id))
        : []
      for (const { client_id } of consents) await bench.consents.forget(sub, client_id)
      if (output.json) return output.fields({ sub, grants: ended.length, consents: consents.length })
      output.say(
        `Ended: ${ended.length} grants of ${who}.${flag('consents') ? ` Forgotten: ${consents.length} approvals.` : ''}`,
      )
    })
  },
}

/** What can be done with grants. */
export const GRANTS: Readonly<Record<string, Action>> = { list, end }
