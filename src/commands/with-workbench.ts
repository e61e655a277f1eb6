import { ClientRefused } from '../clients/client-changes.ts'
import { type Workbench, workbenchOf } from '../composition/workbench.ts'
import type { Config } from '../config/config.ts'
import { ConfigError, inFile } from '../config/config-error.ts'
import type { SecurityEvent } from '../events/events.ts'
import { createLogger } from '../http/logger.ts'
import { storesThatAre } from '../store/index.ts'
import { type Report, StoreUnavailable } from '../store/store.ts'
import { PersonRefused } from '../users/person-changes.ts'
import { readConfig } from './command.ts'
import { occasion, operator } from './run-by.ts'

/** The bench of a server, for a command that works beside it, or without it. */
export interface Beside {
  bench: Workbench
  config: Config
  /** Writes down what was changed, and who ran the command. */
  note(command: string, about?: Partial<SecurityEvent>): void
}

/**
 * Opens the store where the server keeps it, for `work`, and closes it. Throws `ConfigError` if nothing outlives the server's process,
 * if the store does not answer, and for what cannot be done.
 */
export async function withWorkbench(work: (beside: Beside) => Promise<void>): Promise<void> {
  const config = readConfig()
  if (!config.store.durable)
    throw new ConfigError(
      `STORE is ${config.store.name}: what the server has is inside its process, where no command can see it, and is gone with it; set ${storesThatAre('durable')}`,
    )
  let problem: string | undefined
  const report: Report = (level, message) => {
    if (level === 'error') problem = message
  }
  const store = await config.store.open(report)
  // To standard error, as lines of the server's own log: standard output is what was asked for.
  const log = createLogger('info', process.stderr)
  try {
    // A store that has just been opened still connects.
    await store.reachable()
    await inFile(config.env.CONFIG_FILE, async () => {
      const bench = workbenchOf(config, { store, log })
      const note: Beside['note'] = (command, about = {}) =>
        bench.journal.record(occasion, [{ event: 'command_run', command, by: operator(), ...about }])
      await work({ bench, config, note })
      await bench.backChannel.settled()
      bench.backChannel.close()
    })
  } catch (error) {
    if (error instanceof PersonRefused || error instanceof ClientRefused) throw new ConfigError(error.message)
    if (!(error instanceof StoreUnavailable)) throw error
    throw new ConfigError(
      `the store does not answer (${problem ?? error.message}); run the command again once it does`,
    )
  } finally {
    await store.close()
  }
}
