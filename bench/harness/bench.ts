import { join, resolve } from 'node:path'
import type { Job } from '../generator/job.ts'
import { Child, type Start } from './child.ts'
import { CORES } from './cores.ts'
import { Generator } from './generator.ts'
import { freePort } from './ports.ts'
import type { Redis } from './redis.ts'
import { newSecretKey, passwordHash, type Setup, temporaryFolder, writeConfig } from './setup.ts'
import { type TargetId, target } from './targets.ts'
import { type WorkloadId, workload } from './workloads.ts'

/** How long and how often. Times in seconds. */
export interface Plan {
  rounds: number
  seconds: number
  warmUp: number
  /** Rounds of the open loop. */
  openRounds: number
  people: number
  /** Living grants whose heap is measured, and those of a file. */
  grants: readonly number[]
  inFile: number
  /** A folder for CPU profiles of Postern, if they are wanted. */
  profiles?: string | undefined
}

/** A server that runs, and the job that names it. */
export interface Running {
  id: TargetId
  child: Child
  job: Job
}

/** How one start differs from others of its workload. */
export interface Options {
  redis?: Redis
  /** A descriptor for its log, /dev/null without one. */
  output?: number
  /** Further flags of Node. */
  flags?: readonly string[]
  /** Instead of the plan's. */
  people?: number
  /** The file of the SQLite store, if it is not to be a new one. */
  file?: string
}

// Operations of one job at most.
const MOST = 2_000_000

/** What a run shares: the generator, the folder, the documents that a fixed string answers. */
export class Bench {
  readonly plan: Plan
  readonly generator: Generator
  readonly #folder = temporaryFolder()
  readonly #hashes = new Map<number, string>()
  readonly #secretKey = newSecretKey()
  #documents: Record<string, string> = {}
  #started = 0
  #files = 0

  private constructor(plan: Plan, generator: Generator) {
    this.plan = plan
    this.generator = generator
  }

  static async open(plan: Plan): Promise<Bench> {
    const bench = new Bench(plan, await Generator.start())
    await bench.#readDocuments()
    return bench
  }

  /** What Postern's tokens are made with. */
  get secretKey(): string {
    return this.#secretKey
  }

  get folder(): string {
    return this.#folder.path
  }

  async close(): Promise<void> {
    await this.generator.stop()
    this.#folder.remove()
  }

  /** Starts a server for a workload, and waits until it listens. */
  async start(id: TargetId, workloadId: WorkloadId, options: Options = {}): Promise<Running> {
    const { start, job } = await this.startOf(id, workloadId, options)
    return { id, child: await Child.start(start), job }
  }

  /** How a server of a workload is to be started, and the job that names it. */
  async startOf(
    id: TargetId,
    workloadId: WorkloadId,
    options: Options = {},
  ): Promise<{ start: Start; job: Job }> {
    const { redis, output, people = this.plan.people } = options
    const flags = [...(options.flags ?? []), ...this.#profiling(id, workloadId)]
    const { script, env, dialect, program } = target(id)
    const { processes, cost = 4, sync } = workload(workloadId)
    const port = await freePort()
    const { file = join(this.folder, `store-${++this.#files}.db`) } = options
    const sqlite = sync && { file, sync }
    const setup = { ...this.#setup(cost, { processes, people, redis }), ...(sqlite && { sqlite }) }
    const common = {
      PORT: String(port),
      PEOPLE: String(people),
      PASSWORD_HASH: setup.passwordHash,
      ...(redis && { REDIS_URL: redis.url }),
    }
    const cores = processes > 1 ? CORES.workers : CORES.server
    const command = program?.command()
    const whole = { ...common, ...env(setup) }
    const start = { script, command, within: program?.within, env: whole, cores, port, output, flags }
    const job: Job = {
      target: `${id} at ${port}`,
      port,
      dialect,
      workload: workloadId,
      connections: connectionsOf(workloadId),
      seconds: this.plan.seconds,
      most: MOST,
      people,
    }
    return { start, job }
  }

  #profiling(id: TargetId, workloadId: WorkloadId): string[] {
    const { profiles } = this.plan
    if (profiles === undefined || id !== 'postern') return []
    return [
      '--cpu-prof',
      `--cpu-prof-dir=${resolve(profiles)}`,
      `--cpu-prof-name=${workloadId}.${++this.#started}.cpuprofile`,
    ]
  }

  #setup(
    cost: number,
    { processes, people, redis }: { processes: number; people: number; redis: Redis | undefined },
  ): Setup {
    const hash = this.#hashes.get(cost) ?? passwordHash(cost)
    this.#hashes.set(cost, hash)
    return {
      configFile: writeConfig(this.folder, { people, passwordHash: hash }),
      secretKey: this.#secretKey,
      ...(redis && { redisUrl: redis.url }),
      processes,
      documents: this.#documents,
      people,
      passwordHash: hash,
    }
  }

  async #readDocuments(): Promise<void> {
    const { child, job } = await this.start('postern', 'metadata')
    const read = async (path: string) => (await fetch(`http://127.0.0.1:${job.port}${path}`)).text()
    this.#documents = { METADATA: await read(job.dialect.metadata), JWKS: await read(job.dialect.jwks) }
    await child.stop()
  }
}

// More beside Redis, where a request waits; few where each one costs a quarter of a second.
function connectionsOf(id: WorkloadId): number {
  const { store, cost = 4 } = workload(id)
  if (cost > 8) return 4
  return store === 'memory' ? 16 : 64
}
