import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { freePort } from './listen.ts'
import { KEY } from './server.ts'
import { until } from './until.ts'

const start = join(import.meta.dirname, '../../src/start.js')
// Empty, so that no .env of a developer's is read.
const cwd = mkdtempSync(join(tmpdir(), 'postern-processes-'))
const ISSUER = 'http://localhost:8000'

/** Starts that many real servers of one issuer on one Redis; gives their addresses. Each must end with 0. */
export async function startProcesses(
  t: TestContext,
  { count, redis, env = {} }: { count: number; redis: string; env?: Record<string, string> },
): Promise<string[]> {
  return Promise.all(
    Array.from({ length: count }, async () => {
      const port = await freePort()
      const own = {
        PORT: String(port),
        ISSUER,
        STORE: 'redis',
        REDIS_URL: redis,
        REDIS_TIMEOUT: '5',
        SECRET_KEYS: KEY,
        ...env,
      }
      const child = spawn(process.execPath, [start], {
        cwd,
        env: { PATH: process.env.PATH, ...own },
        stdio: ['ignore', 'ignore', 'inherit'],
      })
      t.after(() => ended(child))
      const origin = `http://127.0.0.1:${port}`
      await until(() => ready(origin), 'a process')
      return origin
    }),
  )
}

async function ended(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit')
  child.kill('SIGTERM')
  assert.deepEqual(await exit, [0, null])
}

async function ready(origin: string): Promise<boolean> {
  const answer = await fetch(`${origin}/readyz`).catch(() => undefined)
  return answer?.ok ?? false
}

/** Posts a form as the demo's client. */
export async function post(
  origin: string,
  path: string,
  form: Record<string, string>,
  // biome-ignore lint/suspicious/noExplicitAny: JSON of the server under test
): Promise<{ status: number; body: any }> {
  const response = await fetch(origin + path, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa('test_client:password')}` },
    body: new URLSearchParams(form),
  })
  return { status: response.status, body: await response.json() }
}
