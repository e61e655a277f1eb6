import { existsSync, statfsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { vaultOf } from '../../composition/signing.ts'
import type { Config } from '../../config/config.ts'
import { ConfigError } from '../../config/config-error.ts'
import { Keys } from '../../secrets/keys.ts'
import { storesThatAre } from '../../store/index.ts'
import { MemoryStore } from '../../store/memory.ts'
import { type Store, StoreUnavailable } from '../../store/store.ts'
import { bad, type Finding, note, ok, said } from './findings.ts'
import { lookAtSigningKeys } from './signing-keys.ts'

const GIB = 2 ** 30

/** Looks at the store, and at the signing keys in it or in their file. It makes neither. */
export async function* lookAtStore(config: Config): AsyncGenerator<Finding> {
  const { store: type, env } = config
  if (!type.durable) {
    yield note(`STORE is ${type.name}: a restart forgets everybody`, `set ${storesThatAre('durable')}`)
    if (env.SIGNING_KEYS_FILE !== '') yield* lookAtKeys(config, new MemoryStore())
    return
  }
  if (type.copies !== undefined) {
    const { file } = type.copies
    const folder = dirname(resolve(file))
    if (!existsSync(folder))
      return yield bad(
        `the folder of the store, ${folder}, does not exist`,
        `make it: mkdir -m 700 ${folder}`,
      )
    yield room(file, folder)
    if (env.SQLITE_SYNC === 'normal')
      yield note(
        'SQLITE_SYNC is normal: a power failure may take the last moments',
        'set SQLITE_SYNC=full if they matter',
      )
    // To open it would be to make it.
    if (!existsSync(file))
      return yield note(`there is no store yet, no file ${file}`, 'the first start makes it')
  }
  yield* lookInside(config)
}

async function* lookInside(config: Config): AsyncGenerator<Finding> {
  const { store: type } = config
  const remarks: Finding[] = []
  let store: Store | undefined
  try {
    // What it warns of is lost data, and where it errs it cannot be used.
    store = await type.open((level, message) => {
      if (level !== 'info') remarks.push(said('bad', message))
    })
    await store.reachable()
    await store.ping()
    yield ok(`the store ${type.name} answers, and takes writes`)
    yield* lookAtKeys(config, store)
  } catch (error) {
    if (error instanceof ConfigError) yield said('bad', error.message)
    else if (!(error instanceof StoreUnavailable)) throw error
    else if (remarks.length === 0)
      yield bad(
        `the store ${type.name} does not answer: ${error.message}`,
        'see that it runs, and that its address and password are right',
      )
  } finally {
    await store?.close()
  }
  yield* remarks
}

async function* lookAtKeys(config: Config, store: Store): AsyncGenerator<Finding> {
  const { secretKeys, keysFile } = config
  if (keysFile !== undefined && !existsSync(keysFile))
    return yield bad(
      `SECRET_KEYS is not set, and ${keysFile} is not there: what is in the store cannot be opened`,
      'put the file back, from a backup if need be, before the next start makes another one',
    )
  const remarks: Finding[] = []
  const vault = vaultOf(config, {
    store,
    keys: new Keys(secretKeys),
    notice: (text) => remarks.push(said('bad', text)),
  })
  yield* lookAtSigningKeys(config, vault)
  yield* remarks
}

function room(file: string, folder: string): Finding {
  const { bavail, bsize } = statfsSync(folder)
  const free = bavail * bsize
  const size = `${(free / GIB).toFixed(1)} GiB are free where ${file} is`
  return free < GIB ? bad(size, 'make room: a full disk answers every login with 503') : ok(size)
}
