import { fileURLToPath } from 'node:url'
import type { Job, Order, Outcome, ProbeResult, Report } from '../generator/job.ts'
import { Child } from './child.ts'
import { CORES } from './cores.ts'

const SCRIPT = fileURLToPath(new URL('../generator/main.ts', import.meta.url))

/** The generator: a process and a core of its own. */
export class Generator {
  readonly #child: Child

  private constructor(child: Child) {
    this.#child = child
  }

  static async start(): Promise<Generator> {
    return new Generator(await Child.start({ script: SCRIPT, env: {}, cores: CORES.generator }))
  }

  /** Makes what the job's workload needs beforehand. */
  async prepare(job: Job): Promise<void> {
    await this.#order({ kind: 'prepare', job })
  }

  /** Runs a prepared job. Throws if an answer was not the right one. */
  async run(job: Job): Promise<Outcome> {
    const report = await this.#order({ kind: 'run', job })
    if (report.kind !== 'done') throw new Error('the generator answered something else')
    return report.outcome
  }

  /** Asks for what must be refused, and once for what must not. */
  async probe(job: Job): Promise<ProbeResult> {
    const report = await this.#order({ kind: 'probe', job })
    if (report.kind !== 'probed') throw new Error('the generator answered something else')
    return report.result
  }

  stop(): Promise<void> {
    return this.#child.stop()
  }

  async #order(order: Order): Promise<Report> {
    const report = await this.#child.ask<Report>(order)
    if (report.kind === 'failed') throw new Error(report.message)
    return report
  }
}
