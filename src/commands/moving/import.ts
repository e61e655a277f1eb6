import { readFileSync } from 'node:fs'
import { ClientRefused, createClient } from '../../clients/client-changes.ts'
import { block } from '../../clients/introduced/block-list.ts'
import { blockRule } from '../../clients/introduced/block-rule.ts'
import { vaultOf } from '../../composition/signing.ts'
import type { Workbench } from '../../composition/workbench.ts'
import { BLOCKED_SCHEMA } from '../../config/blocked.ts'
import type { Config } from '../../config/config.ts'
import { ConfigError } from '../../config/config-error.ts'
import { readProblem } from '../../config/file-access.ts'
import { problems } from '../../config/problems.ts'
import { announcePeople, createPerson, PersonRefused } from '../../users/person-changes.ts'
import { type Action, WrongUse } from '../action.ts'
import type { Output } from '../output.ts'
import { readSecret } from '../read-secret.ts'
import { checkedEntry } from '../users/person.ts'
import { withWorkbench } from '../with-workbench.ts'
import { type Bundle, openBundle } from './bundle.ts'
import { importPeople } from './csv.ts'

export const importAll: Action = {
  summary:
    'takes in what export has written, or people from a CSV file; what is there already stays as it is',
  takes: '<file>',
  options: {
    csv: { summary: 'people, a line each; the first line names the columns' },
    'dry-run': { summary: 'with --csv: checks every line, and changes nothing' },
  },
  examples: ['import postern.jwe', 'import --csv people.csv --dry-run', 'import --csv people.csv'],
  async run({ words: [file = ''], flag }, output) {
    const [csv, dryRun] = [flag('csv'), flag('dry-run')]
    if (dryRun && !csv) throw new WrongUse('--dry-run goes with --csv')
    await withWorkbench(async ({ bench, config, note }) => {
      if (csv) {
        const { refused, ...counts } = await importPeople(bench, { file, dryRun }, output)
        if (!dryRun) note('import --csv')
        report(output, dryRun ? 'Fit to be taken in' : 'Taken in', counts, refused)
        return
      }
      const bundle = await openBundle(textOf(file), await readSecret('Passphrase', { twice: false }))
      const { refused, ...counts } = await takeIn(bench, config, { bundle, output })
      note('import')
      report(output, 'Taken in', counts, refused)
    })
  },
}

interface Taken {
  people: number
  clients: number
  consents: number
  keys: number
  refused: string[]
}

function report(output: Output, what: string, counts: object, refused: readonly string[]): void {
  if (refused.length > 0) process.exitCode = 1
  if (output.json) {
    output.fields({ ...counts, refused })
    return
  }
  const parts = Object.entries(counts).map(([name, count]) => `${count} ${name}`)
  output.say(`${what}: ${parts.join(', ')}.${refused.length > 0 ? ` Not: ${refused.length}.` : ''}`)
  for (const line of refused.slice(0, MOST_SHOWN)) output.say(`  ${line}`)
  if (refused.length > MOST_SHOWN) output.say(`  and ${refused.length - MOST_SHOWN} more (--json has all)`)
}

const MOST_SHOWN = 20

async function takeIn(
  bench: Workbench,
  config: Config,
  { bundle, output }: { bundle: Bundle; output: Output },
): Promise<Taken> {
  const taken: Taken = { people: 0, clients: 0, consents: 0, keys: 0, refused: [] }
  const { store, keys, clientChanges, consents, now } = bench
  const people = bench.people
  const attempt = async (kind: 'people' | 'clients', name: string, make: () => Promise<unknown>) => {
    try {
      await make()
      taken[kind]++
    } catch (error) {
      if (!(error instanceof PersonRefused || error instanceof ClientRefused || error instanceof ConfigError))
        throw error
      taken.refused.push(`${name}: ${error.message}`)
    }
    output.progress(`${taken.people} people, ${taken.clients} clients`)
  }
  for (const { entry, sub, password_hash, disabled, until, since } of bundle.people)
    await attempt('people', entry.username, () =>
      createPerson(
        people,
        { entry: checkedEntry(entry), sub, password_hash, disabled, until, since },
        { announce: false },
      ),
    )
  await announcePeople(people)
  for (const { client_id, entry, secrets } of bundle.clients)
    if (clientChanges !== undefined)
      await attempt('clients', client_id, () => createClient(clientChanges, { client_id, entry, secrets }))
  // Only where nothing is known yet: what somebody decided here counts more.
  for (const { sub, client_id, consent_id = client_id, scope } of bundle.consents) {
    if ((await consents.find(sub, consent_id, now())) !== undefined) continue
    await consents.remember({ sub, client_id, consent_id, scope }, now())
    taken.consents++
  }
  await people.registry.change(({ groups }) => ({ groups: { ...bundle.groups, ...groups } }))
  await takeRules(bench, bundle, taken.refused)
  const vault = vaultOf(config, { store, keys, notice: output.say })
  const set = await vault.change((current) => (current.length === 0 ? bundle.signing_keys : current))
  const same = set.length > 0 && set[0]?.kid === bundle.signing_keys[0]?.kid
  taken.keys = same ? set.length : 0
  if (!same && bundle.signing_keys.length > 0)
    taken.refused.push(
      'signing keys: this server has its own; what the other one signed is not verified here',
    )
  output.progress('')
  return taken
}

// One by one, so that a rule that means nothing here does not keep out the others.
async function takeRules({ people, now }: Workbench, { blocked_clients = [] }: Bundle, refused: string[]) {
  for (const entry of blocked_clients) {
    const refuse = (field: string, problem: string): never => {
      throw new ConfigError(`${field} ${problem}`.trim())
    }
    try {
      for (const { path, problem } of problems(BLOCKED_SCHEMA, entry)) refuse(path.slice(1), problem)
      blockRule(entry, refuse, now())
      await block(people.registry, [entry])
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      refused.push(`blocked_clients: ${error.message}`)
    }
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new ConfigError(`${file} ${readProblem(error, file)}`)
  }
}
