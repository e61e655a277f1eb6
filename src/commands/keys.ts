import type { Config } from '../config/config.ts'
import { ConfigError, inFile } from '../config/config-error.ts'
import { listed } from '../config/names.ts'
import { statesOf } from '../signing/key-set.ts'
import { type Action, type Actions, NotFound, WrongUse } from './action.ts'
import { readConfig } from './command.ts'
import { withSigningKeys } from './open-keys.ts'
import { moment, type Output } from './output.ts'
import { ROTATE_KEYS } from './rotate-keys.ts'
import { noteRun } from './run-by.ts'

const list: Action = {
  summary: 'the signing keys, and what each does now; nothing of them that is secret',
  takes: '',
  examples: ['keys list', 'keys list --json'],
  run: (_given, output) => inConfig((config) => listKeys(config, output)),
}

const revoke: Action = {
  summary: 'ends a key that has leaked, at once; another one takes its place',
  takes: '<kid>',
  examples: ['keys revoke 7Qn0bGd2cW9mQJ3sLh5rT1uV8xYzA4eK6iO_pRfStUw'],
  run: ({ words: [kid = ''] }, output) => inConfig((config) => revokeKey(config, kid, output)),
}

const forget: Action = {
  summary: 'takes away keys in the store that no SECRET_KEYS open any more; the next start makes others',
  takes: '',
  options: { yes: { summary: 'without it nothing happens' } },
  examples: ['keys forget --yes'],
  async run({ flag }, output) {
    if (!flag('yes'))
      throw new WrongUse(
        'this cannot be taken back: nobody believes what these keys have signed; --yes does it',
      )
    await inConfig((config) => forgetKeys(config, output))
  },
}

/** What can be done with signing keys. */
export const KEYS: Actions = { list, rotate: ROTATE_KEYS, revoke, forget }

function inConfig(work: (config: Config) => Promise<void>): Promise<void> {
  const config = readConfig()
  return inFile(config.env.CONFIG_FILE, () => work(config))
}

function listKeys(config: Config, output: Output): Promise<void> {
  return withSigningKeys(config, output, async (signing, plan) => {
    const now = Math.floor(Date.now() / 1000)
    const rows = statesOf(await signing.refresh(), plan, now).map(
      ({ key: { kid, alg, signs_from }, state, at }) => ({
        ...{ kid, alg, state, signs_from: moment(signs_from) },
        ...(state === 'retired' && { published_until: moment(at) }),
      }),
    )
    output.rows(rows, {
      key: (row) => row.kid,
      algorithm: (row) => row.alg,
      state: (row) => WORDS[row.state],
      'signs from': (row) => row.signs_from,
      'published until': (row) => row.published_until,
    })
  })
}

const WORDS = { signs: 'signs now', waits: 'published', retired: 'retired' } as const

/** Nobody may believe what somebody else signs with it. Running servers see it when they next look. */
function revokeKey(config: Config, kid: string, output: Output): Promise<void> {
  return withSigningKeys(config, output, async (signing) => {
    const before = await signing.refresh()
    const gone = before.find((key) => key.kid === kid)
    if (gone === undefined)
      throw new NotFound(`there is no key ${kid}; there are ${listed(before.map((key) => key.kid))}`)
    await signing.revoke(kid)
    noteRun('keys revoke', { kid })
    if (output.json) return output.fields({ kid, revoked: true })
    output.say(`The key ${kid} (${gone.alg}) is revoked. Running servers follow within 30 seconds.`)
    output.say('What it has signed is refused here from then on: ID tokens as hints, JWT access tokens.')
    output.say(
      'Applications and APIs go on believing it for as long as they keep the key set: tell them, or restart them.',
    )
  })
}

async function forgetKeys(config: Config, output: Output): Promise<void> {
  if (!config.store.durable || config.env.SIGNING_KEYS_FILE !== '')
    throw new ConfigError('the signing keys are not in the store; a file of keys is taken away by its owner')
  const store = await config.store.open(() => {})
  try {
    await store.reachable()
    if ((await store.delete('signing_keys', 'set')) !== 'won')
      throw new ConfigError('the store does not answer; perhaps nothing was changed')
  } finally {
    await store.close()
  }
  noteRun('keys forget')
  if (output.json) return output.fields({ forgotten: true })
  output.say('The signing keys are gone: the next start makes others, and what these have signed is refused.')
}
