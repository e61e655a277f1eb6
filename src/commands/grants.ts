import { consentIdsOf } from '../clients/consent-ids.ts'
import type { Workbench } from '../composition/workbench.ts'
import type { Consent } from '../consents/consents.ts'
import type { SecurityEvent } from '../events/events.ts'
import { type FoundGrant, revokedEvent } from '../grants/found-grant.ts'
import { type Action, WrongUse } from './action.ts'
import { moment } from './output.ts'
import { peopleIn } from './people-in.ts'
import { occasion } from './run-by.ts'
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
      const rows: ReturnType<typeof rowOf>[] = []
      for await (const person of peopleIn(bench, who)) {
        const found = await bench.grants.ofSubject(person.sub, bench.now())
        rows.push(...(await ofClient(bench, client, found, clientOfGrant)).map((one) => rowOf(one, person)))
        output.progress(`${rows.length} grants`)
      }
      output.progress('')
      output.rows(rows, {
        user: (row) => row.username,
        client: (row) => row.client_id,
        scope: (row) => row.scope,
        given: (row) => row.given,
        refreshed: (row) => row.refreshed,
        lasts: (row) => (row.lasts === 'login' ? 'until log-out' : 'by itself'),
        until: (row) => row.until,
      })
    })
  },
}

/** A grant as it is shown. `refreshed`: when its refresh token was last used, as far as the grace has that kept. */
function rowOf({ id, grant }: FoundGrant, { sub, username }: { sub: string; username: string }) {
  const { client_id, scope, auth_time, created_at, lasting, expires_at, ends_at, redeemed, refresh } = grant
  return {
    ...{ grant_id: id, username, sub, client_id, scope, given: moment(created_at ?? auth_time) },
    ...{ refreshed: moment(refresh?.rotations[0]), lasts: lasting ?? 'login', until: moment(expires_at) },
    ...{ ends: moment(ends_at ?? undefined), redeemed },
  }
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
      note('grants end', { sub, client_id: client })
      // An approval beside us looks for its consent once its grant is there: consents first, then the grants.
      const forgotten = flag('consents')
        ? await forgetAll(
            bench,
            await ofClient(
              bench,
              client,
              await bench.consents.ofSubject(sub, now),
              ({ client_id }) => client_id,
            ),
          )
        : []
      const found = await ofClient(bench, client, await bench.grants.ofSubject(sub, now), clientOfGrant)
      const ended = await bench.grants.revokeAll(found)
      bench.journal.record(occasion, [
        ...forgotten.map(consentRevoked),
        ...ended.map((one) => revokedEvent(one, 'by the operator')),
      ])
      if (output.json) return output.fields({ sub, grants: ended.length, consents: forgotten.length })
      output.say(
        `Ended: ${ended.length} grants of ${who}.${flag('consents') ? ` Forgotten: ${forgotten.length} approvals.` : ''}`,
      )
    })
  },
}

const clientOfGrant = ({ grant }: FoundGrant) => grant.client_id

/** Of these, what the client has, by every id of its registration; all of them, if none is named. */
async function ofClient<T>(
  { clients }: Workbench,
  client: string | undefined,
  all: readonly T[],
  clientOf: (one: T) => string,
): Promise<readonly T[]> {
  if (client === undefined) return all
  const consentId = await consentIdsOf(clients, [client, ...all.map(clientOf)])
  return all.filter((one) => consentId(clientOf(one)) === consentId(client))
}

async function forgetAll({ consents }: Workbench, all: readonly Consent[]): Promise<Consent[]> {
  const forgotten: Consent[] = []
  for (const { sub, client_id, consent_id = client_id } of all) {
    const one = await consents.forget(sub, consent_id)
    if (one !== undefined) forgotten.push(one)
  }
  return forgotten
}

function consentRevoked({ client_id, sub, scope }: Consent): SecurityEvent {
  return { event: 'consent_revoked', client_id, sub, scope, reason: 'by the operator' }
}

/** What can be done with grants. */
export const GRANTS: Readonly<Record<string, Action>> = { list, end }
