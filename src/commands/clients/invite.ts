import { makeInitialAccessToken } from '../../clients/introduced/initial-access.ts'
import { type Action, WrongUse } from '../action.ts'
import { moment } from '../output.ts'
import { withWorkbench } from '../with-workbench.ts'

const DAY = 86_400

export const invite: Action = {
  summary: 'prints an initial access token, with which clients register themselves (registration: token)',
  takes: '',
  options: { days: { value: 'days', summary: 'how long it is good; 1 without it' } },
  examples: ['clients invite --days 30'],
  async run({ text }, output) {
    const days = Number(text('days') ?? 1)
    if (!Number.isInteger(days) || days < 1 || days > 365) throw new WrongUse('--days is a number up to 365')
    await withWorkbench(async ({ bench, note }) => {
      const until = bench.now() + days * DAY
      const token = makeInitialAccessToken(bench.keys, until)
      note('clients invite')
      if (output.json) return output.fields({ initial_access_token: token, until: moment(until) })
      output.say(token)
      output.say(`Good until ${moment(until)}, for any number of clients; another SECRET_KEYS ends it.`)
    })
  },
}
