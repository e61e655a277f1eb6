import cluster from 'node:cluster'
import type { Config } from '../config/config.ts'
import { ConfigError, inFile } from '../config/config-error.ts'
import { createLogger, type Logger } from '../http/logger.ts'
import { logDestination } from '../process/log-destination.ts'
import { endProcess, onSignals, stopper } from '../process/signals.ts'
import { followSupervisor, supervise } from '../process/workers.ts'
import { createServer } from '../server.ts'
import { demoBanner } from './banner.ts'
import { readConfig } from './command.ts'
import { notices } from './notices.ts'
import { VERSION } from './version.ts'

/** The server: one process, or a supervisor with its workers. Throws `ConfigError` if it cannot start. */
export async function serve(): Promise<void> {
  const config = readConfig()
  const { env } = config
  const lost = (lines: number) =>
    log.warn({ lines }, 'log lines were dropped: what reads the log is too slow')
  const log = createLogger(env.LOG_LEVEL, await logDestination(lost), cluster.worker?.id)
  if (env.WORKERS > 1 && cluster.isPrimary) return superviseWorkers(config, log)
  const store = await config.store.open((level, message, detail = {}) => log[level](detail, message))
  const app = await inFile(env.CONFIG_FILE, () => createServer(config, { store, log }))
  const stop = stopper(() => {
    // What was in flight leaves its connection open when it is answered: closed then, not when its client likes.
    setInterval(() => app.server.closeIdleConnections(), 100).unref()
    return app.close()
  }, log)
  if (cluster.isWorker) followSupervisor(app.server, stop)
  try {
    await app.listen({
      host: env.HOST,
      port: env.PORT,
      listenTextResolver: (address) => `accepting connections at ${address}`,
    })
  } catch (error) {
    // Or the connection to the store would keep the process.
    await app.close()
    throw listenError(error, env)
  }
  if (cluster.isPrimary) announce(config, log)
  if (cluster.isWorker) {
    // What a terminal, or systemd, sends to every process at once is the supervisor's to answer.
    const ignore = () => {}
    return onSignals(ignore, ignore)
  }
  const hint = 'SIGHUP replaces workers, which needs WORKERS of 2 or more; this process goes on as it is'
  onSignals(stop, () => log.warn(hint))
}

async function superviseWorkers(config: Config, log: Logger): Promise<void> {
  const supervisor = supervise(config.env.WORKERS, { log, onListening: () => announce(config, log) })
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
