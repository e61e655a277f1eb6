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
import { renderSamples } from '../http/sample-pages.ts'
import { BUILT_IN } from '../http/templates.ts'
import { createServer } from '../server.ts'
import { FileVault } from '../signing/key-vault.ts'
import { MemoryStore } from '../store/memory.ts'
import type { Action } from './action.ts'
import { lookAtConfig } from './command.ts'
import { notices } from './notices.ts'
import type { Output } from './output.ts'

export const CHECK_CONFIG: Action = {
  summary:
    'makes the server that the configuration describes, without listening or opening its store; prints what is set',
  takes: '',
  examples: ['check-config', 'check-config --json'],
  async run(_given, output) {
    const config = lookAtConfig()
    await inFile(config.env.CONFIG_FILE, () => checkConfig(config, output))
  },
}

/**
 * Makes the server that the configuration describes, without listening or opening its
 * store, so that what is checked is what would run; renders every page once; prints the settings that are not the
 * defaults. Throws `ConfigError`.
 */
export async function checkConfig(config: Config, output: Output): Promise<void> {
  const app = await createServer(config, {
    store: new MemoryStore(),
    log: pino({ level: 'silent' }),
    prepare: false,
  })
  await app.ready()
  await app.close()
  await renderSamples(config.env.VIEWS_DIR || BUILT_IN)
  const said = [...notices(config), ...(await checkKeys(config))]
  const { demo, issuer, entries, unread } = config
  const set = settings(config.env)
  if (output.json)
    return output.fields({
      ...{ demo, issuer, clients: entries.clients.length, users: entries.users.length },
      ...{ set: Object.fromEntries(set), notices: said, unread },
    })
  const what = demo ? 'this is the demo, for CONFIG_FILE is not set: issuer' : 'issuer'
  const [clients, users] = [count(entries.clients, 'client'), count(entries.users, 'user')]
  output.say(`The configuration is valid: ${what} ${issuer}, ${clients}, ${users}.`)
  for (const [name, value] of set) output.say(`  ${name}=${value}`)
  for (const notice of said) output.say(`Notice: ${notice}`)
  if (unread.length > 0) output.say(`Notice: .env has names that nothing reads: ${listed(unread)}`)
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

/** Each variable whose value is not the default. */
function settings(env: Environment): [name: string, value: string][] {
  return Object.entries<Variable<unknown>>(VARIABLES).flatMap(([name, variable]) => {
    const value = env[name as keyof Environment]
    if (JSON.stringify(value) === JSON.stringify(variable.default)) return []
    return [[name, variable.secret ? '(set, not shown)' : String(value)]]
  })
}

function count(things: readonly unknown[], name: string): string {
  return `${things.length} ${name}${things.length === 1 ? '' : 's'}`
}
