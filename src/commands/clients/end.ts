import { deleteClient, stopClient } from '../../clients/client-changes.ts'
import { endOfAll } from '../../registry/registry.ts'
import { type Action, NotFound, WrongUse } from '../action.ts'
import { withWorkbench } from '../with-workbench.ts'
import { clientOfStore } from './client.ts'

export const stop: Action = {
  summary: 'ends everything that a client holds, of the file or the store: grants, tokens, codes',
  takes: '<client_id>',
  examples: ['clients stop my-app'],
  async run({ words: [client_id = ''] }, output) {
    await withWorkbench(async ({ bench, note }) => {
      if ((await bench.clients.find(client_id)) === undefined)
        throw new NotFound(`there is no client ${JSON.stringify(client_id)}; clients list has every one`)
      await stopClient(bench.clientChanges, client_id)
      note('clients stop', { client_id })
      if (output.json) return output.fields({ client_id, stopped: true })
      output.say(
        `All that ${client_id} was given has ended, and what it gets in the next ${endOfAll(0)} seconds.`,
      )
      output.say(
        'JWT access tokens are good at APIs that do not ask, until their end. Its secret is as before (clients rotate-secret).',
      )
    })
  },
}

export const deleteOne: Action = {
  summary: 'deletes a client; only its id stays, for nobody else',
  takes: '<client_id>',
  options: { yes: { summary: 'without it nothing happens' } },
  examples: ['clients delete my-app --yes'],
  async run({ words: [client_id = ''], flag }, output) {
    if (!flag('yes')) throw new WrongUse('this cannot be taken back; --yes does it')
    await withWorkbench(async ({ bench, note }) => {
      await clientOfStore(bench, client_id)
      await deleteClient(bench.clientChanges, client_id)
      note('clients delete', { client_id })
      output.json
        ? output.fields({ client_id, deleted: true })
        : output.say(`${client_id} is deleted, and its tokens are good no more.`)
    })
  },
}
