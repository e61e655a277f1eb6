import { statSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import type { Config } from '../config/config.ts'
import { ConfigError, inFile } from '../config/config-error.ts'
import { differenceOf } from '../config/difference.ts'
import type { RawEnvironment } from '../config/environment.ts'
import { listed } from '../config/names.ts'
import { VARIABLES } from '../config/variables/index.ts'
import type { Variable } from '../config/variables/variable.ts'
import type { Logger } from '../http/logger.ts'
import { renderSamples } from '../http/sample-pages.ts'
import { createGeneration, type Generation } from '../server.ts'
import type { Store } from '../store/store.ts'
import { readSettings, type Settings } from './command.ts'
import { notices } from './notices.ts'

/** What a process serves by now. */
export interface Running extends Settings {
  generation: Generation
}

/** Applies the configuration as it is now to a server that runs. */
export interface Reloader {
  /** Applies it soon; called meanwhile, once more after that. Never throws: the log says what came of it. */
  reload(): void
  /** What is served now. */
  readonly running: Running
}

/**
 * `running` listens; each further configuration becomes a server of its own, which the listener hands its requests to from
 * one moment on. Those under way end where they began. What is wrong changes nothing. `applied` is told of each.
 */
export function reloaderOf(
  first: Running,
  { store, log, applied }: { store: Store; log: Logger; applied: (config: Config) => void },
): Reloader {
  const { connections } = first.generation.app
  let running = first
  let waiting = false
  let last = Promise.resolve()

  const apply = async () => {
    const pipe = statSync(running.config.env.CONFIG_FILE, { throwIfNoEntry: false })?.isFIFO()
    if (pipe) throw new ConfigError('CONFIG_FILE is a pipe, which can be read only once; restart instead')
    const wished = readSettings()
    // Its keys may have been drawn at the start, and its pages tell its password.
    if (wished.config.demo || running.config.demo)
      throw new ConfigError('the demo has no CONFIG_FILE to read again; setting one needs a restart')
    const names = needingRestart(running.config, wished.config)
    const { raw, config } = names.length === 0 ? wished : readSettings(textsOf(names, running.raw))
    const { VIEWS_DIR, CONFIG_FILE, LOG_LEVEL } = config.env
    if (VIEWS_DIR !== '') await renderSamples(VIEWS_DIR)
    const before = running.generation
    const generation = await inFile(CONFIG_FILE, () =>
      createGeneration(config, { store, log, before: before.kept }),
    )
    await generation.app.ready()
    connections.handTo((request, response) => generation.app.routing(request, response))
    before.retire()
    log.level = LOG_LEVEL
    const difference = differenceOf(running.config, config)
    const said = new Set(notices(running.config))
    running = { raw, config, generation }
    log.info(difference, 'the configuration is applied')
    if (names.length > 0) log.warn(`these variables need a restart, and are as before: ${listed(names)}`)
    for (const notice of notices(config)) if (!said.has(notice)) log.warn(notice)
    applied(config)
  }

  const refused = (error: Error) =>
    log.error({ detail: error.message }, 'the configuration was not applied; the one before goes on')

  return {
    reload() {
      if (waiting) return
      waiting = true
      last = last
        .then(() => {
          waiting = false
          return apply()
        })
        .catch(refused)
    },
    get running() {
      return running
    },
  }
}

/** The variables that are set otherwise now, but belong to the process or to an open connection. */
function needingRestart({ env }: Config, wished: Config): string[] {
  const fixed = Object.entries<Variable<unknown>>(VARIABLES).filter(([, variable]) => variable.fixed)
  return fixed
    .map(([name]) => name as keyof Config['env'])
    .filter((name) => !isDeepStrictEqual(env[name], wished.env[name]))
}

/** What these variables, and the twins that name a file, were set to; unset ones too. */
function textsOf(names: readonly string[], raw: RawEnvironment): RawEnvironment {
  return Object.fromEntries(names.flatMap((name) => [name, `${name}_FILE`]).map((name) => [name, raw[name]]))
}
