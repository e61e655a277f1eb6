import { ConfigError } from '../../config/config-error.ts'
import { changePerson } from '../../users/person-changes.ts'
import type { Action } from '../action.ts'
import { withWorkbench } from '../with-workbench.ts'
import { personOf } from './person.ts'

export const adopt: Action = {
  summary:
    'hands a person of the store over to the file, who goes on there under the same sub; --back undoes it',
  takes: '<user>',
  options: { back: { summary: 'the person of the store counts again, once the file has them no more' } },
  examples: ['users adopt ada', 'users adopt ada --back'],
  async run({ words: [who = ''], flag }, output) {
    await withWorkbench(async ({ bench, note }) => {
      const { sub, entry } = await personOf(bench, who)
      const back = flag('back')
      if (back && bench.file.hasSub(sub))
        throw new ConfigError(
          `the file still has the sub ${sub}; take it out first, or both would be one person`,
        )
      await changePerson(bench.people, sub, ({ adopted: _, ...record }) => ({
        ...record,
        ...(!back && { adopted: true }),
      }))
      note(back ? 'users adopt --back' : 'users adopt', { sub })
      if (output.json) return output.fields({ sub, adopted: !back })
      output.say(
        back
          ? `${entry.username} of the store counts again.`
          : `${entry.username} of the store rests. In the file they go on as the same person with these lines, and a password_hash:\n  - username: ${JSON.stringify(entry.username)}\n    sub: ${JSON.stringify(sub)}`,
      )
    })
  },
}
