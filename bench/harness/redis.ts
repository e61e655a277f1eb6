import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { answers } from './child.ts'
import { CORES, pinned } from './cores.ts'
import { freePort } from './ports.ts'

/** A Redis of the run's own: on loopback, without files, gone with the run. */
export class Redis {
  readonly port: number
  readonly #process: ChildProcess

  private constructor(port: number, process_: ChildProcess) {
    this.port = port
    this.#process = process_
  }

  /** Starts one, or resolves with undefined where the machine has none. */
  static async start(): Promise<Redis | undefined> {
    const port = await freePort()
    const command = [
      'redis-server',
      '--port',
      String(port),
      '--bind',
      '127.0.0.1',
      '--save',
      '',
      '--appendonly',
      'no',
    ]
    const [program, parameters] = pinned(CORES.redis, command)
    const redis = new Redis(port, spawn(program, parameters, { stdio: 'ignore', cwd: '/' }))
    redis.#process.on('error', () => {})
    for (let attempt = 0; attempt < 100 && redis.#process.exitCode === null; attempt++) {
      if (await answers(port)) return redis
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    await redis.stop()
    return undefined
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.pid === undefined) return
    const ended = once(this.#process, 'exit')
    this.#process.kill('SIGKILL')
    await ended
  }
}
