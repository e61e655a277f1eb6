import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './listen.ts'
import { until } from './until.ts'

/** Runs one command with `redis-cli` and gives what it prints, or an empty text where nothing answers. */
export function redisCli(port: number, ...command: readonly string[]): string {
  const { stdout } = spawnSync('redis-cli', ['-p', String(port), ...command], { encoding: 'utf8' })
  return stdout.trim()
}

/** A real Redis of a test's own: started, stopped, starved, frozen and killed as the test likes. */
export class RedisServer {
  readonly port: number
  readonly #folder = mkdtempSync(join(tmpdir(), 'postern-redis-'))
  readonly #options: readonly string[]
  #process: ChildProcess | undefined

  constructor(port: number, options: readonly string[]) {
    this.port = port
    this.#options = options
  }

  /** Starts one on a free port. `options` are those of `redis-server`. */
  static async start(...options: readonly string[]): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), options)
    await server.start()
    return server
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  /** Starts it (again), with the data that it kept; resolves when it answers. */
  async start(): Promise<void> {
    const common = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.#folder, '--save', '']
    this.#process = spawn('redis-server', [...common, ...this.#options], { stdio: 'ignore' })
    await until(() => this.#answers(), 'redis-server')
  }

  /** Runs one command with `redis-cli` and gives what it prints. */
  cli(...command: readonly string[]): string {
    return redisCli(this.port, ...command)
  }

  signal(signal: NodeJS.Signals): void {
    this.#process?.kill(signal)
  }

  /** Ends the process and waits for its end; the data stays. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const process = this.#process
    if (process === undefined || process.exitCode !== null || process.signalCode !== null) return
    const ended = new Promise((resolve) => process.once('exit', resolve))
    process.kill(signal)
    // A frozen process takes no other signal than this.
    process.kill('SIGCONT')
    await ended
  }

  /** Ends the process and removes its data. */
  async remove(): Promise<void> {
    await this.stop('SIGKILL')
    rmSync(this.#folder, { recursive: true, force: true })
  }

  #answers(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = createConnection(this.port, '127.0.0.1', () => socket.write('PING\r\n'))
      const end = (answer: boolean) => {
        socket.destroy()
        resolve(answer)
      }
      socket.setTimeout(500, () => end(false))
      socket.on('data', (data) => end(!/LOADING/.test(String(data))))
      socket.on('error', () => end(false))
    })
  }
}
