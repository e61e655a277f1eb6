import type { ClientRegistry } from '../clients/registry.ts'
import type { Config } from '../config/config.ts'
import type { Logger } from '../http/logger.ts'
import { SIGNING_ALGORITHMS, type SigningAlgorithm } from '../protocol/algorithms.ts'
import type { Keys } from '../secrets/keys.ts'
import { LEAD, type RotationPlan } from '../signing/key-set.ts'
import { FileVault, type KeyVault } from '../signing/key-vault.ts'
import { SigningKeys } from '../signing/signing-keys.ts'
import { storeVault } from '../signing/store-vault.ts'
import { type Store, StoreUnavailable } from '../store/store.ts'
import { resourcesFor } from './resources.ts'

const DAY = 86_400
// Milliseconds: every node follows within a minute.
const POLL_EVERY = 30_000
const RETRY_EVERY = 1000

/** Makes the signing keys that a configuration asks for, or has `before` go on by its plan. `now` in seconds. */
export function signingKeysOf(
  config: Config,
  context: {
    store: Store
    keys: Keys
    clients: Pick<ClientRegistry, 'usage'>
    now: () => number
    notice: (text: string) => void
    before?: SigningKeys | undefined
  },
): SigningKeys {
  const { store, keys, clients, now, notice, before } = context
  const plan = planOf(config, clients)
  if (before !== undefined) {
    before.replan(plan)
    return before
  }
  const vault = vaultOf(config, { store, keys, notice })
  return new SigningKeys({ vault, plan, now, notice })
}

/** Where the signing keys of a configuration are kept. */
export function vaultOf(
  { env }: Config,
  { store, keys, notice }: { store: Store; keys: Keys; notice: (text: string) => void },
): KeyVault {
  return env.SIGNING_KEYS_FILE ? new FileVault(env.SIGNING_KEYS_FILE, notice) : storeVault(store, keys)
}

/** The plan of a moment: the clients say what they are signed for, and how long that lives. */
export function planOf(config: Config, clients: Pick<ClientRegistry, 'usage'>): () => RotationPlan {
  const { env } = config
  const jwts = [...resourcesFor(config).all()].filter(({ access_token_format: it }) => it === 'jwt')
  const ofResources = new Set(jwts.map((resource) => resource.access_token_signed_response_alg))
  const ttls = jwts.map((resource) => resource.access_token_ttl ?? 0)
  return () => {
    const { algorithms, access_token_ttl } = clients.usage()
    // An ID token is shown as a hint as long as its login lives (RP-Initiated Logout 1.0 §2), expired or not.
    const longest = Math.max(env.ID_TOKEN_TTL, env.SESSION_TTL, access_token_ttl, ...ttls)
    const inUse = (alg: SigningAlgorithm) => algorithms.has(alg) || ofResources.has(alg)
    return {
      // RS256 always (OpenID Connect Core §15.1).
      algorithms: SIGNING_ALGORITHMS.filter((alg) => alg === 'RS256' || inUse(alg)),
      every: env.KEY_ROTATION * DAY,
      // What was signed in the last second before the change, by a node that had not looked yet.
      keep: longest + LEAD,
    }
  }
}

/**
 * Loads keys that are kept somewhere, at the start; throws `ConfigError` if they cannot be read. A store that is
 * down does not end the start: `followKeys` loads them when it answers.
 */
export async function loadKeys(
  signing: SigningKeys,
  { store, log }: { store: Store; log: Logger },
): Promise<void> {
  // A store that has just been opened still connects.
  await store.reachable()
  try {
    await signing.refresh()
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error
    log.warn('the signing keys cannot be read yet: the store does not answer')
  }
}

/**
 * Follows what other nodes and the schedule do; `kept` keys that the start could not read are read as soon as they can
 * be. Keys that live in this process only are not created by the timer. Returns the function that ends it.
 */
export function followKeys(signing: SigningKeys, { kept, log }: { kept: boolean; log: Logger }): () => void {
  const missing = () => kept && !signing.loaded
  let ended = false
  let timer: NodeJS.Timeout
  const later = (milliseconds: number) => {
    if (!ended) timer = setTimeout(follow, milliseconds).unref()
  }
  const follow = async () => {
    try {
      if (kept || signing.loaded) await signing.refresh()
      later(POLL_EVERY)
    } catch (error) {
      // The start has said so.
      if (missing() && error instanceof StoreUnavailable) return later(RETRY_EVERY)
      const what = signing.loaded ? 'refreshed; those known go on' : 'read'
      log.error({ detail: (error as Error).message }, `the signing keys could not be ${what}`)
      later(POLL_EVERY)
    }
  }
  later(missing() ? RETRY_EVERY : POLL_EVERY)
  return () => {
    ended = true
    clearTimeout(timer)
  }
}
