import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hash as bcryptHash } from 'bcrypt'
import { pino } from 'pino'
import type { Config } from '../config/config.ts'
import { ConfigError } from '../config/config-error.ts'
import type { RawEnvironment } from '../config/environment.ts'
import { foundKeys } from '../config/kept-keys.ts'
import { randomText } from '../secrets/random.ts'
import { createServer } from '../server.ts'
import { copiesOf, KEYS_OF_COPY, sentence } from './backup.ts'
import type { Output } from './output.ts'

/**
 * `restore --check`: starts a server on a copy of the copy, reads every record, opens the signing keys and logs somebody in
 * who is not in the file. Nothing of the installation is touched. `read` makes the configuration with some variables as given. Throws
 * `ConfigError` for what does not fit.
 */
export async function tryCopy(
  config: Config,
  { source, read }: { source: string; read: (pinned: RawEnvironment) => Config },
  output: Output,
): Promise<void> {
  const summary = copiesOf(config).inspect(source)
  const folder = mkdtempSync(join(tmpdir(), 'postern-copy-'))
  try {
    const keys = foundKeys(`${source}${KEYS_OF_COPY}`) ?? config.secretKeys
    const place = copiesOf(config).variablesFor(join(folder, 'copy'))
    const trial = read({ ...place, SECRET_KEYS: keys.join(','), SECRET_KEYS_FILE: '' })
    copiesOf(trial).restore(source, { keepSessions: true })
    const count = await readAll(trial)
    await logIn(trial)
    if (output.json) return output.fields({ file: source, good: true, records: count, ...summary })
    output.say(`${source} is good: ${sentence(summary)}.`)
    output.say(`${count} records were read, the signing keys open, and a login works. Nothing was changed.`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function readAll(config: Config): Promise<number> {
  const store = await config.store.open(() => {})
  try {
    let count = 0
    for (const { kind, id } of copiesOf(config).records()) {
      // Also what has ended.
      if ((await store.read(kind, id, 0)) === undefined)
        throw new ConfigError(`the ${kind} record ${id} cannot be read`)
      count++
    }
    return count
  } finally {
    await store.close()
  }
}

async function logIn(config: Config): Promise<void> {
  const [username, password] = [randomText(12), randomText(12)]
  const somebody = { username, sub: randomText(12), password_hash: await bcryptHash(password, 4) }
  config.entries.users.push(somebody)
  const store = await config.store.open(() => {})
  // Its start opens the signing keys, or says that they are sealed with others.
  const app = await createServer(config, { store, log: pino({ level: 'silent' }) })
  try {
    const { statusCode } = await postLogin(app, config, { username, password })
    if (statusCode !== 303) throw new ConfigError(`a login on the copy answers ${statusCode}, not 303`)
  } finally {
    await app.close()
  }
}

async function postLogin(
  app: Awaited<ReturnType<typeof createServer>>,
  { issuer }: Config,
  login: Record<string, string>,
) {
  const { host, origin, pathname } = new URL(issuer)
  const url = `${pathname === '/' ? '' : pathname}/login`
  const page = await app.inject({ url, headers: { host } })
  const csrf = /name="csrf" value="([^"]*)"/.exec(page.body)?.[1] ?? ''
  const cookie = page.cookies.map(({ name, value }) => `${name}=${value}`).join('; ')
  const headers = { host, origin, cookie, 'content-type': 'application/x-www-form-urlencoded' }
  return app.inject({
    method: 'POST',
    url,
    headers,
    payload: String(new URLSearchParams({ ...login, csrf })),
  })
}
