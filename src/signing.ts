import type { Client } from './clients/client.ts'
import type { Config } from './config/config.ts'
import type { Logger } from './http/logger.ts'
import { SIGNING_ALGORITHMS } from './protocol/algorithms.ts'
import type { Keys } from './secrets/keys.ts'
import { type Store, StoreUnavailable } from './store/store.ts'
import { LEAD, type RotationPlan } from './tokens/key-set.ts'
import { FileVault, type KeyVault, StoreVault } from './tokens/key-vault.ts'
import { SigningKeys } from './tokens/signing-keys.ts'

const DAY = 86_400
// Milliseconds: every node follows within a minute.
const POLL_EVERY = 30_000

/** The signing keys that a configuration asks for. `now` in seconds. */
export function signingKeysOf(
  config: Config,
  context: { store: Store; keys: Keys; clients: readonly Client[]; now: () => number },
): SigningKeys {
  const { store, keys, clients, now } = context
  const { SIGNING_KEYS_FILE } = config.env
  const vault: KeyVault = SIGNING_KEYS_FILE ? new FileVault(SIGNING_KEYS_FILE) : new StoreVault(store, keys)
  return new SigningKeys({ vault, plan: planOf(config, clients), now })
}

function planOf({ env }: Config, clients: readonly Client[]): RotationPlan {
  const used = new Set(
    clients.flatMap((client) => [client.id_token_signed_response_alg, client.userinfo_signed_response_alg]),
  )
  const longest = Math.max(env.ID_TOKEN_TTL, ...clients.map((client) => client.lifetimes.access_token_ttl))
  return {
    algorithms: SIGNING_ALGORITHMS.filter((alg) => alg === 'RS256' || used.has(alg)),
    every: env.KEY_ROTATION * DAY,
    // What was signed in the last second before the change, by a node that had not looked yet.
    keep: longest + LEAD,
  }
}

/**
 * Loads keys that are kept somewhere, at the start; throws `ConfigError` where they cannot be read. A store that is
 * down is waited for: then the first use loads them.
 */
export async function loadKeys(signing: SigningKeys, log: Logger): Promise<void> {
  try {
    await signing.refresh()
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error
    log.warn('the signing keys cannot be read yet: the store does not answer')
  }
}

/** Follows what other nodes and the schedule do. Gives the function that ends it. */
export function followKeys(signing: SigningKeys, log: Logger): () => void {
  const follow = () => {
    // Keys that nobody has needed yet are not made for the clock's sake.
    if (!signing.loaded) return
    signing.refresh().catch((error: Error) => {
      log.error({ detail: error.message }, 'the signing keys could not be refreshed; those known go on')
    })
  }
  const timer = setInterval(follow, POLL_EVERY).unref()
  return () => clearInterval(timer)
}
