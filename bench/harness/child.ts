import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'
import { pinned } from './cores.ts'
import type { Usage } from './preload.ts'
import { cpuOfTree, residentOfTree } from './processes.ts'

/** Flags of every Node that serves here: those of `npm start`. */
export const FLAGS = ['--min-semi-space-size=16'] as const

const PRELOAD = new URL('./preload.ts', import.meta.url).href
// Seconds.
const START_WITHIN = 30
// Milliseconds.
const ANSWER_WITHIN = 90_000

/** How a process is started. */
export interface Start {
  /** The file that Node runs. */
  script: string
  /** The command of a program that is none of Node's, instead. */
  command?: readonly string[] | undefined
  /** Seconds that it may take until it listens. */
  within?: number | undefined
  env: Readonly<Record<string, string>>
  cores: readonly number[]
  /** The port that it will listen on, if it is a server. */
  port?: number
  /** A descriptor for its standard output; /dev/null without one. */
  output?: number
  /** Further flags of Node. */
  flags?: readonly string[]
}

/** A process of Node that is started, asked and ended here, with a channel to it. */
export class Child {
  readonly pid: number
  readonly #process: ChildProcess
  #errors = ''

  private constructor(process_: ChildProcess) {
    this.#process = process_
    this.pid = process_.pid as number
    process_.stderr?.on('data', (text) => {
      this.#errors = (this.#errors + text).slice(-4000)
    })
  }

  /** Starts it; resolves when it listens, if it has a port. */
  static async start({
    script,
    command,
    within = START_WITHIN,
    env,
    cores,
    port,
    output,
    flags = [],
  }: Start): Promise<Child> {
    const preload = ['--disable-warning=ExperimentalWarning', '--import', PRELOAD]
    const node = [process.execPath, ...FLAGS, ...flags, ...preload, script]
    const [program, parameters] = pinned(cores, command ?? node)
    const { PATH = '', HOME = '' } = process.env
    const child = new Child(
      spawn(program, parameters, {
        cwd: fileURLToPath(new URL('.', import.meta.url)),
        env: { PATH, HOME, NODE_ENV: 'production', ...env },
        stdio: ['ignore', output ?? 'ignore', 'pipe', command === undefined ? 'ipc' : 'ignore'],
      }),
    )
    if (port !== undefined) await child.#listens(port, within)
    return child
  }

  /** Sends a message and resolves with the next one that comes back. */
  ask<T>(message: unknown): Promise<T> {
    const child = this.#process
    return new Promise((resolve, reject) => {
      const end = () => {
        clearTimeout(timer)
        child.off('message', onMessage)
        child.off('exit', onExit)
      }
      const onMessage = (answer: unknown) => {
        end()
        resolve(answer as T)
      }
      const onExit = () => {
        end()
        reject(new Error(`the process ended: ${this.#errors}`))
      }
      const timer = setTimeout(() => {
        end()
        reject(new Error(`no answer from the process within ${ANSWER_WITHIN} ms`))
      }, ANSWER_WITHIN)
      child.on('message', onMessage)
      child.on('exit', onExit)
      child.send(message as object, (error) => error && onExit())
    })
  }

  /** What it says about itself; of a program without a channel, what the kernel says, to ten milliseconds and without a heap. */
  async usage({ gc = false } = {}): Promise<Usage> {
    if (this.#process.channel) return this.ask<Usage>(gc ? 'usage after gc' : 'usage')
    const cpu = cpuOfTree(this.pid)
    return { cpu, resident: residentOfTree(this.pid), heap: Number.NaN, batches: [] }
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const ended = once(this.#process, 'exit')
    this.#process.kill('SIGTERM')
    const last = setTimeout(() => this.#process.kill('SIGKILL'), 3000)
    await ended
    clearTimeout(last)
  }

  async #listens(port: number, within: number): Promise<void> {
    const until = Date.now() + within * 1000
    while (Date.now() < until) {
      if (this.#process.exitCode !== null) throw new Error(`the server ended: ${this.#errors}`)
      if (await answers(port)) return
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    await this.stop()
    throw new Error(`nothing listens after ${within} seconds: ${this.#errors}`)
  }
}

/** Whether anything accepts connections at this port of the machine. */
export function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const end = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('connect', () => end(true))
    socket.once('error', () => end(false))
  })
}
