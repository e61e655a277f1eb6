import { pino } from 'pino'
import { clientsOf } from '../composition/clients.ts'
import { planOf } from '../composition/signing.ts'
import type { Config } from '../config/config.ts'
import { ConfigError, inFile } from '../config/config-error.ts'
import type { Environment } from '../config/environment.ts'
import { tryFolder, writeProblem } from '../config/file-access.ts'
import { listed } from '../config/names.ts'
import { VARIABLES } from '../config/variables/index.ts'
import type { Variable } from '../config/variables/variable.ts'
import { BUILT_IN } from '../http/pages.ts'
import { renderSamples } from '../http/sample-pages.ts'
import { createServer } from '../server.ts'
import { FileVault } from '../signing/key-vault.ts'
import { MemoryStore } from '../store/memory.ts'
import { lookAtConfig } from './command.ts'
import { notices } from './notices.ts'

/** The command: the configuration of this process, checked and printed. */
export async function run(): Promise<void> {
  const config = lookAtConfig()
  await inFile(config.env.CONFIG_FILE, () => checkConfig(config, (line) => console.log(line)))
}

/**
 * `npm run check-config`: makes the server that the configuration describes, without listening or opening its
 * store, so that what is checked is what would run; renders every page once; prints the settings that are not the
 * defaults. Throws `ConfigError`.
 */
export async function checkConfig(config: Config, print: (line: string) => void): Promise<void> {
  const app = await createServer(config, {
    store: new MemoryStore(),
    log: pino({ level: 'silent' }),
    prepare: false,
  })
  await app.ready()
  await app.close()
  await renderSamples(config.env.VIEWS_DIR || BUILT_IN)
  const ofKeys = await checkKeys(config)
  const { demo, issuer, entries, unread } = config
  const what = demo ? 'this is the demo, for CONFIG_FILE is not set: issuer' : 'issuer'
  const [clients, users] = [count(entries.clients, 'client'), count(entries.users, 'user')]
  print(`The configuration is valid: ${what} ${issuer}, ${clients}, ${users}.`)
  for (const line of settings(config.env)) print(line)
  for (const notice of [...notices(config), ...ofKeys]) print(`Notice: ${notice}`)
  if (unread.length > 0) print(`Notice: .env has names that nothing reads: ${listed(unread)}`)
}

/** What the start would say of `SIGNING_KEYS_FILE`; the file itself is made by the first start. */
async function checkKeys(config: Config): Promise<string[]> {
  const { SIGNING_KEYS_FILE: path, KEY_ROTATION } = config.env
  if (path === '') return []
  const notices: string[] = []
  const found = await new FileVault(path, (text) => notices.push(text)).read()
  try {
    tryFolder(path)
  } catch (error) {
    const problem = `SIGNING_KEYS_FILE is ${JSON.stringify(path)}, which ${writeProblem(error, path)}`
    const has = (alg: string) => found?.set.some((key) => key.alg === alg)
    const { algorithms } = planOf(config, clientsOf(config))()
    if (!algorithms.every(has)) throw new ConfigError(problem)
    if (KEY_ROTATION > 0) notices.push(`the signing keys cannot rotate: ${problem}`)
  }
  return notices
}

/** A line for each variable whose value is not the default. */
function settings(env: Environment): string[] {
  return Object.entries<Variable<unknown>>(VARIABLES).flatMap(([name, variable]) => {
    const value = env[name as keyof Environment]
    if (JSON.stringify(value) === JSON.stringify(variable.default)) return []
    return [`  ${name}=${variable.secret ? '(set, not shown)' : value}`]
  })
}

function count(things: readonly unknown[], name: string): string {
  return `${things.length} ${name}${things.length === 1 ? '' : 's'}`
}
