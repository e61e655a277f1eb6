import { execFile, spawnSync } from 'node:child_process'
import { join } from 'node:path'

const start = join(import.meta.dirname, '../../src/start.js')

/** What a command line led to. */
export interface Ran {
  status: number | null
  out: string
  err: string
  /** Standard output as JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: JSON of the command under test
  json(): any
}

/** Runs `postern` as an operator does, in a process of its own. `input`: lines of standard input. */
export function commandLine(env: Record<string, string>, cwd: string) {
  return (words: readonly string[], input: readonly string[] = []): Ran => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [start, ...words], {
      ...{ cwd, env: { PATH: process.env.PATH, ...env }, encoding: 'utf8' },
      input: input.map((line) => `${line}\n`).join(''),
    })
    return { status, out: stdout, err: stderr, json: () => JSON.parse(stdout) }
  }
}

/** The same, beside what this process serves meanwhile. */
export function commandBeside(env: Record<string, string>, cwd: string) {
  return (words: readonly string[], input: readonly string[] = []): Promise<Ran> =>
    new Promise((resolve) => {
      const own = { cwd, env: { PATH: process.env.PATH, ...env } }
      const child = execFile(process.execPath, [start, ...words], own, (error, out, err) =>
        resolve({ status: Number(error?.code ?? 0), out, err, json: () => JSON.parse(out) }),
      )
      child.stdin?.end(input.map((line) => `${line}\n`).join(''))
    })
}
