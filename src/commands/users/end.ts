import { isRare } from '../../passwords/password-hash.ts'
import { changePerson, deletePerson, endedNow, recountKinds } from '../../users/person-changes.ts'
import { type Action, WrongUse } from '../action.ts'
import { occasion } from '../run-by.ts'
import { type Beside, withWorkbench } from '../with-workbench.ts'
import { personOf } from './person.ts'

export const disable: Action = {
  summary: 'shuts a person out: no login, and all that they have approved ends',
  takes: '<user>',
  examples: ['users disable ada'],
  async run({ words: [who = ''] }, output) {
    await withWorkbench(async (beside) => {
      const { bench, note } = beside
      const { sub } = await personOf(bench, who)
      await changePerson(bench.people, sub, (record) => endedNow({ ...record, disabled: true }, bench.now()))
      note('users disable', { sub })
      const ended = await endAll(beside, sub)
      if (output.json) return output.fields({ sub, disabled: true, ...ended })
      output.say(`${who} is disabled. Ended: ${ended.sessions} sessions, ${ended.grants} grants.`)
    })
  },
}

export const enable: Action = {
  summary: 'lets a disabled person log in again; what has ended stays ended',
  takes: '<user>',
  examples: ['users enable ada'],
  async run({ words: [who = ''] }, output) {
    await withWorkbench(async ({ bench, note }) => {
      const { sub } = await personOf(bench, who)
      const now = bench.now()
      await changePerson(bench.people, sub, ({ until, ...record }) => ({
        ...record,
        disabled: false,
        ...(until !== undefined && until > now && { until }),
      }))
      note('users enable', { sub })
      output.json ? output.fields({ sub, disabled: false }) : output.say(`${who} can log in again.`)
    })
  },
}

export const deleteUser: Action = {
  summary: 'deletes a person and all that is kept of them; only the sub stays, for nobody else',
  takes: '<user>',
  options: { yes: { summary: 'without it nothing happens' } },
  examples: ['users export ada > ada.json', 'users delete ada --yes'],
  async run({ words: [who = ''], flag }, output) {
    if (!flag('yes'))
      throw new WrongUse('this cannot be taken back; users export prints what is kept, --yes deletes it')
    await withWorkbench(async (beside) => {
      const { bench, note } = beside
      const { sub, password_hash } = await personOf(bench, who)
      await deletePerson(bench.people, sub)
      if (isRare(password_hash)) await recountKinds(bench.people)
      const ended = await endAll(beside, sub)
      const consents = await bench.consents.ofSubject(sub, bench.now())
      for (const { client_id, consent_id = client_id } of consents)
        await bench.consents.forget(sub, consent_id)
      note('users delete', { sub })
      if (output.json) return output.fields({ sub, ...ended, consents: consents.length })
      output.say(
        `${who} is deleted, with ${ended.sessions} sessions, ${ended.grants} grants and ${consents.length} consents. The log keeps what it has.`,
      )
    })
  },
}

/** Ends the sessions and grants of somebody; returns how many there were. */
export async function endAll(
  { bench }: Pick<Beside, 'bench'>,
  sub: string,
): Promise<{ sessions: number; grants: number }> {
  const now = bench.now()
  const [sessions, grants] = await Promise.all([
    bench.sessions.ofSubject(sub, now),
    bench.grants.ofSubject(sub, now),
  ])
  const { events } = await bench.sessionEnd.endAllOf(sub, { grants: true, now })
  bench.journal.record(occasion, events)
  return { sessions: sessions.length, grants: grants.length }
}
