import { writeFileSync } from 'node:fs'
import { everyClient } from '../../clients/client-changes.ts'
import { vaultOf } from '../../composition/signing.ts'
import type { Workbench } from '../../composition/workbench.ts'
import type { Config } from '../../config/config.ts'
import { ConfigError } from '../../config/config-error.ts'
import { writeProblem } from '../../config/file-access.ts'
import { everyPerson } from '../../users/person-changes.ts'
import type { Action } from '../action.ts'
import type { Output } from '../output.ts'
import { readSecret } from '../read-secret.ts'
import { withWorkbench } from '../with-workbench.ts'
import { type Bundle, sealBundle } from './bundle.ts'

export const exportAll: Action = {
  summary:
    'writes people, clients, what is blocked, groups, consents and signing keys into one file, encrypted with a passphrase',
  takes: '<file>',
  examples: ['export postern.jwe', 'export postern.jwe < passphrase.txt'],
  async run({ words: [file = ''] }, output) {
    await withWorkbench(async ({ bench, config, note }) => {
      const bundle = await bundleOf(bench, config, output)
      const text = await sealBundle(bundle, await readSecret('Passphrase'))
      try {
        writeFileSync(file, `${text}\n`, { mode: 0o600, flag: 'wx' })
      } catch (error) {
        throw new ConfigError(`${file} ${writeProblem(error, file)}`)
      }
      note('export')
      const { people, clients, consents, signing_keys } = bundle
      const counts = {
        people: people.length,
        clients: clients.length,
        consents: consents.length,
        keys: signing_keys.length,
      }
      if (output.json) return output.fields({ file, ...counts })
      output.say(
        `${file} has ${counts.people} people, ${counts.clients} clients, ${counts.consents} consents and ${counts.keys} signing keys.`,
      )
      output.say(
        'Whoever has it and the passphrase can be this server. Sessions and grants are not in it: everybody logs in again.',
      )
      if (config.env.PAIRWISE_SALT !== '')
        output.say(
          'PAIRWISE_SALT is not in it: set the same one there, or people are others to some clients.',
        )
    })
  },
}

async function bundleOf(bench: Workbench, config: Config, output: Output): Promise<Bundle> {
  const { store, keys, now, consents, people, file } = bench
  const { groups, blocked_clients } = await people.registry.refresh()
  const bundle: Bundle = {
    ...{ format: 'postern', version: 1, people: [], clients: [], consents: [] },
    groups: { ...groups },
    blocked_clients: [...blocked_clients],
    signing_keys: (await vaultOf(config, { store, keys, notice: output.say }).read())?.set ?? [],
  }
  const subs = [...file.subs]
  for await (const { revision: _, link: __, ...person } of everyPerson(store, now())) {
    bundle.people.push(person)
    subs.push(person.sub)
    output.progress(`${bundle.people.length} people`)
  }
  for await (const { revision: _, ...client } of everyClient(store, now())) bundle.clients.push(client)
  for (const sub of subs)
    for (const { revision: _, ...consent } of await consents.ofSubject(sub, now()))
      bundle.consents.push(consent)
  output.progress('')
  return bundle
}
