import { execFileSync, spawn } from 'node:child_process'
import { hash } from 'node:crypto'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { until } from '../../support/until.ts'

const FOLDER = join(import.meta.dirname, '..')
/** What is fetched for the tests, and stays between runs. */
export const CACHE = join(FOLDER, '.cache')
// Milliseconds: downloads of a slow network, and compilers, too.
const FETCHED_WITHIN = 900_000

/** Runs a command to its end. Throws with what it has written if it fails, or is not there. */
export function run(
  command: string,
  parameters: readonly string[],
  cwd: string,
  env: Record<string, string> = {},
): void {
  try {
    execFileSync(command, parameters, {
      cwd,
      env: { ...process.env, ...env },
      stdio: 'pipe',
      timeout: FETCHED_WITHIN,
      maxBuffer: 64 * 2 ** 20,
    })
  } catch (error) {
    const { code, stderr, stdout } = error as { code?: string; stderr?: Buffer; stdout?: Buffer }
    if (code === 'ENOENT') throw new Error(`this test needs ${command}; install it`)
    throw new Error(
      `${command} ${parameters.join(' ')}: ${String(stderr ?? '')}${String(stdout ?? '')}`.slice(-3000),
    )
  }
}

/** Does `make` if what it is made from (`input`) has changed since, or it never was. */
export function once(name: string, input: string, make: () => void): void {
  const mark = join(CACHE, `${name}.made`)
  const digest = hash('sha256', input)
  if (existsSync(mark) && readFileSync(mark, 'utf8') === digest) return
  mkdirSync(CACHE, { recursive: true })
  make()
  writeFileSync(mark, digest)
}

/** Installs the packages of `npm/<name>/package-lock.json`, without their scripts. Returns the folder, for `createRequire`. */
export function npmPackages(name: string): string {
  const source = join(FOLDER, 'npm', name)
  const digest = hash('sha256', readFileSync(join(source, 'package-lock.json')))
  const folder = join(CACHE, `npm-${name}-${digest.slice(0, 16)}`)
  if (existsSync(folder)) return folder
  mkdirSync(CACHE, { recursive: true })
  // Two files of tests may want the same at once: each installs apart, and what is there first stays.
  const own = mkdtempSync(join(CACHE, 'npm-'))
  try {
    for (const file of ['package.json', 'package-lock.json']) cpSync(join(source, file), join(own, file))
    run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], own)
    renameSync(own, folder)
  } catch (error) {
    if (!existsSync(folder)) throw error
  } finally {
    rmSync(own, { recursive: true, force: true })
  }
  return folder
}

/** Installs `python/<name>.txt` into an environment of its own. Returns the folder of its programs. */
export function pythonPackages(name: string): string {
  const requirements = join(FOLDER, 'python', `${name}.txt`)
  const folder = join(CACHE, `python-${name}`)
  once(`python-${name}`, readFileSync(requirements, 'utf8'), () => {
    run('python3', ['-m', 'venv', '--clear', folder], FOLDER)
    const quiet = ['install', '--quiet', '--disable-pip-version-check']
    run(join(folder, 'bin/pip'), [...quiet, '-r', requirements], FOLDER)
  })
  return join(folder, 'bin')
}

/** Builds a program of a Go module (`example.com/module/cmd@v1.2.3`). Returns its path. */
export function goProgram(name: string, module: string): string {
  once(`go-${name}`, module, () => run('go', ['install', module], FOLDER, { GOBIN: CACHE }))
  return join(CACHE, name)
}

/** A program that a test runs. */
export interface Program {
  /** All that it has written. */
  output(): string
  /** Its end is the test's failure no more. */
  stop(): void
}

/**
 * Starts a program, and resolves when `url` answers anything at all. It ends with the test; if it ends before that, the
 * test fails with what it has written.
 */
export async function program(
  t: TestContext,
  [command, ...parameters]: readonly [string, ...string[]],
  { url, env = {}, cwd = CACHE }: { url: string; env?: Record<string, string>; cwd?: string },
): Promise<Program> {
  mkdirSync(cwd, { recursive: true })
  const child = spawn(command, parameters, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  let out = ''
  let ended = false
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      out += chunk
    })
  child.on('error', (error) => {
    out += error.message
    ended = true
  })
  child.on('exit', () => {
    ended = true
  })
  const stop = () => {
    // With what it has started itself.
    if (!ended && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    ended = true
    // What outlives it must not keep the test by its output.
    child.stdout.destroy()
    child.stderr.destroy()
  }
  t.after(stop)
  const answers = () =>
    fetch(url, { redirect: 'manual' }).then(
      () => true,
      () => false,
    )
  await until(
    async () => {
      if (ended) throw new Error(`${command} has ended: ${out}`)
      return answers()
    },
    () => `${command} answers at ${url}: ${out}`,
  )
  return { output: () => out, stop }
}
