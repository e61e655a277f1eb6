import cluster from 'node:cluster'
import type { Config } from '../config/config.ts'
import { ConfigError, inFile } from '../config/config-error.ts'
import { createLogger, type Logger } from '../http/logger.ts'
import { logDestination } from '../process/log-destination.ts'
import { endProcess, onSignals, stopper } from '../process/signals.ts'
import { watchFile } from '../process/watch-file.ts'
import { followSupervisor, supervise } from '../process/workers.ts'
import { createGeneration, type Generation } from '../server.ts'
import type { Store } from '../store/store.ts'
import type { Action } from './action.ts'
import { demoBanner } from './banner.ts'
import { readSettings } from './command.ts'
import { notices } from './notices.ts'
import { type Reloader, reloaderOf } from './reload.ts'
import { VERSION } from './version.ts'

export const SERVE: Action = {
  summary: 'runs the server, until SIGTERM; what runs without a command',
  takes: '',
  examples: ['serve', 'check-config'],
  plain: true,
  run: serve,
}

/** The server: one process, or a supervisor with its workers. Throws `ConfigError` if it cannot start. */
async function serve(): Promise<void> {
  const settings = readSettings()
  const { config } = settings
  const { env } = config
  const lost = (lines: number) =>
    log.warn({ lines }, 'log lines were dropped: what reads the log is too slow')
  const log = createLogger(env.LOG_LEVEL, await logDestination(lost), cluster.worker?.id)
  if (env.WORKERS > 1 && cluster.isPrimary) return superviseWorkers(config, log)
  const store = await config.store.open((level, message, detail = {}) => log[level](detail, message))
  const generation = await inFile(env.CONFIG_FILE, () => createGeneration(config, { store, log })).catch(
    async (error) => {
      // Or the connection to the store would keep the process.
      await store.close()
      throw error
    },
  )
  const { app } = generation
  const watch = configWatch(log)
  const reloader = reloaderOf(
    { ...settings, generation },
    { store, log, applied: (now) => watch(now, reload) },
  )
  const { reload } = reloader
  const stop = stopper(() => endOf(generation, reloader, store), log)
  if (cluster.isWorker) followSupervisor(app.server, stop)
  try {
    await app.listen({
      host: env.HOST,
      port: env.PORT,
      listenTextResolver: (address) => `accepting connections at ${address}`,
    })
  } catch (error) {
    await endOf(generation, reloader, store)
    throw listenError(error, env)
  }
  if (cluster.isPrimary) announce(config, log)
  await generation.listening()
  if (cluster.isWorker) {
    // What a terminal, or systemd, sends to every process at once is the supervisor's to answer.
    const ignore = () => {}
    return onSignals(ignore, ignore)
  }
  watch(config, reload)
  onSignals(stop, reload)
}

/** Lets what is in flight end, and what belongs to it. */
async function endOf({ app }: Generation, reloader: Reloader, store: Store): Promise<void> {
  // What was in flight leaves its connection open when it is answered: closed then, not when its client likes.
  setInterval(() => app.server.closeIdleConnections(), 100).unref()
  const { generation } = reloader.running
  generation.retire()
  await Promise.all([app.close(), generation.app.close()])
  generation.end()
  await store.close()
}

/** Watches the file of the configuration that is applied, if it says so, and has the change applied. */
function configWatch(log: Logger): (config: Config, reload: () => void) => void {
  let end = () => {}
  let watched = ''
  return ({ env: { CONFIG_WATCH, CONFIG_FILE } }, reload) => {
    const path = CONFIG_WATCH === 'true' ? CONFIG_FILE : ''
    // One that goes on has seen whatever came while this configuration was read.
    if (path === watched) return
    end()
    watched = path
    if (path === '') return
    end = watchFile(path, (change) => {
      if (change === 'replaced') return reload()
      log.warn('CONFIG_FILE was written in place, perhaps not to its end: SIGHUP applies it')
    })
  }
}

async function superviseWorkers(config: Config, log: Logger): Promise<void> {
  const supervisor = supervise(config.env.WORKERS, { log, onListening: () => announce(config, log) })
  configWatch(log)(config, supervisor.restart)
  onSignals(supervisor.stop, supervisor.restart)
  endProcess(log, await supervisor.ended)
}

/** Says once what is running. */
function announce(config: Config, log: Logger): void {
  const { env, demo, issuer } = config
  const store = config.store.name
  if (demo) process.stdout.write(demoBanner(config))
  const { HOST: host, PORT: port, WORKERS: workers } = env
  log.info({ version: VERSION, issuer, store, demo, host, port, workers }, 'Postern is listening')
  for (const notice of notices(config)) log.warn(notice)
}

function listenError(error: unknown, { HOST, PORT }: Config['env']): unknown {
  const { code } = error as { code?: string }
  if (code === 'EADDRINUSE')
    return new ConfigError(`PORT is ${PORT}, which is in use on ${HOST}; choose another`)
  if (code === 'EACCES')
    return new ConfigError(`PORT is ${PORT}, which this user may not listen on; use 1024 or more`)
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return new ConfigError(`HOST is ${HOST}, which is not an address of this machine`)
  return error
}
