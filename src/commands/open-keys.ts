import { clientsOf } from '../composition/clients.ts'
import { planOf, signingKeysOf } from '../composition/signing.ts'
import type { Config } from '../config/config.ts'
import { ConfigError } from '../config/config-error.ts'
import { Keys } from '../secrets/keys.ts'
import type { RotationPlan } from '../signing/key-set.ts'
import type { SigningKeys } from '../signing/signing-keys.ts'
import { type Report, StoreUnavailable } from '../store/store.ts'
import type { Output } from './output.ts'

/**
 * Opens the signing keys where the server keeps them, for `work`, and closes them. Throws `ConfigError` if a command cannot
 * reach them, or the store does not answer.
 */
export async function withSigningKeys(
  config: Config,
  output: Output,
  work: (signing: SigningKeys, plan: RotationPlan) => Promise<void>,
): Promise<void> {
  if (!config.store.shared && config.env.SIGNING_KEYS_FILE === '') {
    throw new ConfigError(
      `STORE is ${config.store.name} and SIGNING_KEYS_FILE is not set, so the signing keys are inside the running server: KEY_ROTATION rotates them there, and a restart makes new ones`,
    )
  }
  let problem: string | undefined
  const report: Report = (level, message) => {
    if (level === 'error') problem = message
  }
  const store = await config.store.open(report)
  try {
    const keys = new Keys(config.secretKeys)
    const clients = clientsOf(config)
    // A store that has just been opened still connects.
    await store.reachable()
    const notice = (text: string) => output.say(`Notice: ${text}`)
    const signing = signingKeysOf(config, { store, keys, clients, now: () => store.clock(), notice })
    await work(signing, planOf(config, clients)())
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error
    throw new ConfigError(`the store does not answer (${problem ?? error.message}); nothing was changed`)
  } finally {
    await store.close()
  }
}
