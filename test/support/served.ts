import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import type { TestContext } from 'node:test'
import { freePort } from './listen.ts'
import { KEY } from './server.ts'
import { until as soon } from './until.ts'

const start = join(import.meta.dirname, '../../src/start.js')

/** A server that runs as an operator runs it: a process in a folder with its files. */
export interface Served {
  port: number
  child: ChildProcess
  folder: string
  configFile: string
  envFile: string
  /** Log lines so far, parsed. */
  lines(): Record<string, unknown>[]
  /** Resolves when `found` is true of the lines. */
  until(found: (lines: Record<string, unknown>[]) => boolean): Promise<void>
}

/** Starts a process with this configuration file; resolves when `listeners` of its processes listen. Ends with the test. */
export async function served(
  t: TestContext,
  config: string,
  {
    env = {},
    dotEnv = '',
    listeners = 1,
  }: { env?: Record<string, string>; dotEnv?: string; listeners?: number } = {},
): Promise<Served> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-served-'))
  const configFile = join(folder, 'postern.yaml')
  const envFile = join(folder, '.env')
  writeFileSync(configFile, config)
  if (dotEnv !== '') writeFileSync(envFile, dotEnv)
  const port = await freePort()
  const own = { PATH: process.env.PATH, CONFIG_FILE: configFile, PORT: String(port), SECRET_KEYS: KEY }
  const child = spawn(process.execPath, [start], {
    cwd: folder,
    env: { ...own, ...env },
    // A process group of its own, as systemd and a terminal make one.
    detached: true,
  })
  t.after(() => {
    child.kill('SIGKILL')
    rmSync(folder, { recursive: true })
  })
  let out = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      out += chunk
    })
  const lines = () =>
    out
      .split('\n')
      .filter((line) => line.startsWith('{') && line.endsWith('}'))
      .map((line) => JSON.parse(line))
  const until = (found: (lines: Record<string, unknown>[]) => boolean) =>
    soon(
      () => found(lines()),
      () => out,
    )
  await until((seen) => accepting(seen).length >= listeners)
  return { port, child, folder, configFile, envFile, lines, until }
}

/** The lines by which processes said that they listen. */
export function accepting(lines: Record<string, unknown>[]) {
  return lines.filter(({ msg }) => String(msg).startsWith('accepting'))
}

/** One token request. Returns the answer with its status; throws if the connection breaks. */
export async function tokenFrom(
  port: number,
  agent: Agent,
  [client_id, secret]: readonly [string, string],
  form: Record<string, string> = { grant_type: 'client_credentials' },
  // biome-ignore lint/suspicious/noExplicitAny: JSON of the server under test
): Promise<any> {
  const headers = {
    authorization: `Basic ${btoa(`${client_id}:${secret}`)}`,
    'content-type': 'application/x-www-form-urlencoded',
  }
  const call = request({ port, method: 'POST', path: '/oauth/tokenize', agent, headers })
  call.end(String(new URLSearchParams(form)))
  const [response] = await once(call, 'response')
  return { status: response.statusCode, ...((await json(response)) as object) }
}
