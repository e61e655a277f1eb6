import { statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import { planOf } from '../../composition/signing.ts'
import { workbenchOf } from '../../composition/workbench.ts'
import type { Config } from '../../config/config.ts'
import { createLogger } from '../../http/logger.ts'
import { statesOf } from '../../signing/key-set.ts'
import { storesThatAre } from '../../store/index.ts'
import { StoreUnavailable } from '../../store/store.ts'
import { bad, type Finding, note, ok } from './findings.ts'

const GIB = 2 ** 30
const SKEW = 5

/** Looks at the store, and at the keys in it. */
export async function* lookAtStore(config: Config): AsyncGenerator<Finding> {
  const { store: type, env } = config
  if (!type.durable) {
    yield note(`STORE is ${type.name}: a restart forgets everybody`, `set ${storesThatAre('durable')}`)
    return
  }
  const said: Finding[] = []
  const store = await type.open((level, message) => {
    if (level !== 'info')
      said.push(
        level === 'error' ? bad(message, 'see docs/operations.md') : note(message, 'see docs/reliability.md'),
      )
  })
  try {
    await store.reachable()
    const { clock_skew } = await store.ping()
    yield ok(`the store ${type.name} answers, and takes writes`)
    if (Math.abs(clock_skew) > SKEW)
      yield bad(
        `the clock of the store is ${clock_skew} seconds from that of this machine`,
        'have both follow a time server (NTP)',
      )
    if (env.SQLITE_SYNC === 'normal' && type.copies !== undefined)
      yield note(
        'SQLITE_SYNC is normal: a power failure may take the last moments',
        'set SQLITE_SYNC=full if they matter',
      )
    if (type.copies !== undefined) yield room(env.SQLITE_FILE)
    const bench = workbenchOf(config, { store, log: createLogger('silent', { write() {} }) })
    for (const { key, state } of statesOf(
      await bench.signing.refresh(),
      planOf(config, bench.clients)(),
      bench.now(),
    ))
      if (state === 'signs') yield ok(`${key.alg} is signed with the key ${key.kid}`)
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error
    yield bad(
      `the store ${type.name} does not answer: ${error.message}`,
      'see that it runs, and that its address and password are right',
    )
  } finally {
    yield* said
    await store.close()
  }
}

function room(file: string): Finding {
  const { bavail, bsize } = statfsSync(dirname(file))
  const free = bavail * bsize
  const size = `${(free / GIB).toFixed(1)} GiB are free where ${file} is`
  return free < GIB ? bad(size, 'make room: a full disk answers every login with 503') : ok(size)
}

/** Looks at the secrets of the configuration. Their text is in no finding. */
export function* lookAtSecrets({ entries, secretKeys, env, keysFile }: Config): Generator<Finding> {
  const owners = new Map<string, string[]>()
  for (const { client_id, client_secret } of entries.clients) {
    if (client_secret === undefined) continue
    owners.set(client_secret, [...(owners.get(client_secret) ?? []), client_id])
    if (client_secret.length < 32)
      yield note(
        `the secret of ${client_id} has ${client_secret.length} characters`,
        'make a longer one: openssl rand -hex 32',
      )
    if (secretKeys.includes(client_secret))
      yield bad(
        `the secret of ${client_id} is one of SECRET_KEYS: that client can make every token`,
        'give each its own',
      )
  }
  for (const shared of owners.values())
    if (shared.length > 1)
      yield bad(
        `${shared.join(' and ')} have the same secret`,
        'give each its own: one of them can be the other',
      )
  if (keysFile !== undefined) yield ok(`SECRET_KEYS are in ${keysFile}; a backup takes them along`)
  if (env.SECRET_KEYS.length > 1)
    yield note(
      `SECRET_KEYS has ${env.SECRET_KEYS.length} keys`,
      'take the old ones out once nothing that they made is used',
    )
}
