import { clientsOf } from '../../composition/clients.ts'
import { planOf } from '../../composition/signing.ts'
import type { Config } from '../../config/config.ts'
import { ConfigError } from '../../config/config-error.ts'
import { type KeyState, statesOf } from '../../signing/key-set.ts'
import type { KeyVault } from '../../signing/key-vault.ts'
import { bad, type Finding, note, ok, said } from './findings.ts'

const DAY = 86_400
// Days that a rotation may be late before somebody should look, and that a key may be old without one.
const LATE = 2
const OLD = 365

/** Looks at the signing keys as they are kept: whether they open, and how old those are that sign. */
export async function* lookAtSigningKeys(config: Config, vault: KeyVault): AsyncGenerator<Finding> {
  try {
    const { set } = (await vault.read()) ?? { set: [] }
    if (set.length === 0) yield note('there are no signing keys yet', 'the first signature makes them')
    const now = Math.floor(Date.now() / 1000)
    for (const state of statesOf(set, planOf(config, clientsOf(config))(), now))
      if (state.state === 'signs') yield ageOf(state, config.env.KEY_ROTATION, now)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    yield said('bad', error.message)
  }
}

/** `every`: days, 0 for no schedule. */
function ageOf({ key: { kid, alg, signs_from } }: KeyState, every: number, now: number): Finding {
  const what = `${alg} is signed with the key ${kid}`
  if (signs_from === undefined) return ok(`${what}, of your own making: nothing replaces it by itself`)
  const days = Math.max(0, Math.floor((now - signs_from) / DAY))
  const aged = `${what}, for ${days} days`
  if (every > 0 && days > every + LATE)
    return bad(
      `${aged}, although KEY_ROTATION is ${every}`,
      'keys rotate does it now; see in the log why no server has',
    )
  if (every === 0 && days > OLD)
    return note(`${aged}, and KEY_ROTATION is 0`, 'keys rotate, or set KEY_ROTATION')
  return ok(aged)
}
