import cluster from 'node:cluster'
import { isatty } from 'node:tty'
import { pino } from 'pino'
import packageJson from '../package.json' with { type: 'json' }
import { demoBanner, notices } from './banner.ts'
import { type Config, loadConfig, type RedisConfig } from './config/config.ts'
import { ConfigError, inFile } from './config/config-error.ts'
import { readEnvFile } from './config/env-file.ts'
import { turnByTurn } from './http/log-lines.ts'
import { createLogger, type Logger } from './http/logger.ts'
import { createServer } from './server.ts'
import { openStore } from './store/index.ts'
import type { Report } from './store/redis-connection.ts'
import type { Store } from './store/store.ts'
import { followSupervisor, supervise } from './workers.ts'

const { version } = packageJson
/** Seconds that requests in flight may take after SIGTERM. */
const STOP_WITHIN = 10
/** Milliseconds: npm passes on the Ctrl-C that the terminal has sent already, and that is not a second one. */
const SECOND_SIGNAL_AFTER = 1000

const HELP = `Postern ${version}. Commands, after "node src/start.js" or the name of the image:

  serve          the server; what runs without a command
  check-config   makes the server that the configuration describes, without listening
  rotate-keys    publishes the next signing keys
  hash-password  reads a password and prints its bcrypt hash
  version        prints the version
  help           prints this

Environment variables and one file configure it: docs/configuration.md`

/** Runs a command of the command line; without one, the server. The only code that touches the process. */
export async function main(arguments_: readonly string[]): Promise<void> {
  const [given = 'serve'] = arguments_
  const command = given.replace(/^--(version|help)$/, '$1').replace(/^-h$/, 'help')
  const commands: Record<string, () => Promise<void>> = {
    serve,
    'check-config': async () => {
      const { checkConfig } = await import('./check-config.ts')
      const config = readConfig()
      await inFile(config.env.CONFIG_FILE, () => checkConfig(config, (line) => console.log(line)))
    },
    'rotate-keys': async () => {
      const { rotateKeys } = await import('./rotate-keys.ts')
      const config = readConfig()
      const quiet = pino({ level: 'silent' })
      const open = () => storeOf(config, quiet)
      await inFile(config.env.CONFIG_FILE, () => rotateKeys(config, open, (line) => console.log(line)))
    },
    'hash-password': async () => {
      const { hashPassword } = await import('./hash-password.ts')
      await hashPassword({ input: process.stdin, output: process.stdout, error: process.stderr })
    },
    version: async () => console.log(version),
    help: async () => console.log(HELP),
  }
  const run = Object.hasOwn(commands, command) ? commands[command] : undefined
  if (run === undefined) {
    console.error(`unknown command ${command}; there are ${Object.keys(commands).join(', ')}`)
    process.exitCode = 2
    return
  }
  try {
    await run()
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    console.error(`postern: ${error.message}`)
    process.exitCode = 1
    // The channel to the supervisor would keep a worker that cannot start alive.
    cluster.worker?.disconnect()
  }
}

function readConfig(): Config {
  const dotenv = readEnvFile()
  return loadConfig({ ...dotenv, ...process.env }, undefined, dotenv)
}

async function serve(): Promise<void> {
  const config = readConfig()
  const { env } = config
  const lost = (lines: number) =>
    log.warn({ lines }, 'log lines were dropped: what reads the log is too slow')
  const log = createLogger(env.LOG_LEVEL, await destination(lost), cluster.worker?.id)
  if (env.WORKERS > 1 && cluster.isPrimary) return superviseWorkers(config, log)
  const store = await storeOf(config, log)
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

/** Both `stop` and `reload` may come more than once. */
function onSignals(stop: (why: string) => void, reload: () => void): void {
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  // A terminal that was closed sends it too, and is none any more by then.
  const orphaned = () => process.stdout.isTTY && !isatty(1)
  process.on('SIGHUP', (signal) => (orphaned() ? stop(signal) : reload()))
}

/** Says once what is running. */
function announce(config: Config, log: Logger): void {
  const { env, demo, issuer } = config
  if (demo) process.stdout.write(demoBanner(config))
  log.info(
    { version, issuer, store: env.STORE, demo, host: env.HOST, port: env.PORT, workers: env.WORKERS },
    'Postern is listening',
  )
  for (const notice of notices(config)) log.warn(notice)
}

function superviseWorkers(config: Config, log: Logger): void {
  const supervisor = supervise(config.env.WORKERS, { log, onListening: () => announce(config, log) })
  supervisor.ended.then((code) => end(log, code))
  onSignals(supervisor.stop, supervisor.restart)
}

function storeOf(config: Config, log: Logger): Promise<Store> {
  const report: Report = (level, message, detail = {}) => log[level](detail, message)
  return openStore(config.env.STORE, { redis: () => ({ ...(config.redis as RedisConfig), report }) })
}

// Bytes of lines that may wait for a reader that is too slow, before new ones are dropped.
const LOG_BACKLOG = 16 * 1024 * 1024

// JSON for machines; for a person at a terminal the same lines, readable.
async function destination(onLoss: (lines: number) => void) {
  if (!process.stdout.isTTY) {
    // Registered before the sink's own last write at the exit, which takes the lines of the last turn with it.
    process.on('exit', () => lines.flush(() => {}))
    const sink = pino.destination({ dest: 1, sync: false, minLength: 1, maxLength: LOG_BACKLOG })
    const lines = turnByTurn(sink, onLoss)
    return lines
  }
  const { default: pretty } = await import('pino-pretty')
  return pretty({ colorize: true, translateTime: 'HH:MM:ss', singleLine: true, sync: true })
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

/** Stops accepting, lets what is in flight end, then exits 0; a second signal does not wait. */
function stopper(close: () => Promise<void>, log: Logger): (why: string) => void {
  let since = 0
  return (why) => {
    if (since > 0) {
      if (Date.now() - since > SECOND_SIGNAL_AFTER) end(log, 0)
      return
    }
    since = Date.now()
    log.info({ why }, 'stopping')
    setTimeout(() => {
      log.warn(`requests took longer than ${STOP_WITHIN} seconds to end`)
      end(log, 0)
    }, STOP_WITHIN * 1000).unref()
    close().then(() => {
      log.info('stopped')
      end(log, 0)
    })
  }
}

// Milliseconds for the last lines: a reader of the log that is stuck must not keep a process that was told to stop.
const LAST_LINES = 1000

function end(log: Logger, code: number): void {
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), LAST_LINES)
  log.flush(() => process.exit(code))
}
