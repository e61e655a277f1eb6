import { spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'

/** Which core each process has. With two cores Redis shares the generator's; from three on it has its own. */
export const CORES = {
  server: [0],
  generator: [1],
  redis: [availableParallelism() > 2 ? 2 : 1],
  workers: availableParallelism() > 3 ? [0, 3] : [0, 1],
} as const

const pins = spawnSync('taskset', ['-c', '0', 'true']).status === 0 && availableParallelism() > 1

/** A command that runs on these cores alone, or anywhere if the system cannot pin. */
export function pinned(cores: readonly number[], command: readonly string[]): [string, string[]] {
  const [program, ...parameters] = pins ? ['taskset', '-c', cores.join(','), ...command] : command
  return [program as string, parameters]
}

export const canPin = pins
