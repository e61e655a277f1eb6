import type { Config } from '../config/config.ts'
import { ConfigError, inFile } from '../config/config-error.ts'
import { listed } from '../config/names.ts'
import { type KeyState, statesOf } from '../signing/key-set.ts'
import { readConfig } from './command.ts'
import { withSigningKeys } from './open-keys.ts'
import { rotateKeys } from './rotate-keys.ts'

const USAGE =
  'say what to do with the signing keys: keys list, keys rotate, keys revoke <kid>, or keys forget --yes'

/** The command: `keys list`, `keys rotate`, `keys revoke <kid>`. */
export async function run([what, kid, ...more]: readonly string[]): Promise<void> {
  const config = readConfig()
  const print = (line: string) => console.log(line)
  const work = () => {
    if (more.length === 0 && what === 'list' && kid === undefined) return listKeys(config, print)
    if (more.length === 0 && what === 'rotate' && kid === undefined) return rotateKeys(config, print)
    if (more.length === 0 && what === 'revoke' && kid !== undefined) return revokeKey(config, kid, print)
    if (more.length === 0 && what === 'forget' && kid === '--yes') return forgetKeys(config, print)
    throw new ConfigError(USAGE)
  }
  await inFile(config.env.CONFIG_FILE, work)
}

/** Prints a line for each key: its `kid`, algorithm and state, and nothing that is secret. */
export function listKeys(config: Config, print: (line: string) => void): Promise<void> {
  return withSigningKeys(config, print, async (signing, plan) => {
    const now = Math.floor(Date.now() / 1000)
    for (const state of statesOf(await signing.refresh(), plan, now)) print(lineOf(state))
  })
}

function lineOf({ key: { kid, alg }, state, at }: KeyState): string {
  const time = at === undefined ? '' : ` ${new Date(at * 1000).toISOString()}`
  const words = {
    signs: 'signs now',
    waits: `published, signs from${time}`,
    retired: `retired, published until${time}`,
  }
  return `${kid}  ${alg.padEnd(5)}  ${words[state]}`
}

/**
 * Ends a key that has leaked, at once: nobody may believe what somebody else signs with it. Running servers see it when they next
 * look. Throws `ConfigError` for a `kid` that there is not.
 */
export function revokeKey(config: Config, kid: string, print: (line: string) => void): Promise<void> {
  return withSigningKeys(config, print, async (signing) => {
    const before = await signing.refresh()
    const gone = before.find((key) => key.kid === kid)
    if (gone === undefined)
      throw new ConfigError(`there is no key ${kid}; there are ${listed(before.map((key) => key.kid))}`)
    await signing.revoke(kid)
    print(`The key ${kid} (${gone.alg}) is revoked. Running servers follow within 30 seconds.`)
    print('What it has signed is refused here from then on: ID tokens as hints, JWT access tokens.')
    print(
      'Applications and APIs go on believing it for as long as they keep the key set: tell them, or restart them.',
    )
  })
}

/**
 * Takes away keys in the store that nothing opens any more, so that the next start makes others. Throws `ConfigError` for keys in a file,
 * or if the store does not answer.
 */
export async function forgetKeys(config: Config, print: (line: string) => void): Promise<void> {
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
  print('The signing keys are gone: the next start makes others, and what these have signed is refused.')
}
