import { readEnvFile } from '../config/env-file.ts'
import type { Action } from './action.ts'

// Milliseconds.
const WITHIN = 3000

export const HEALTHCHECK: Action = {
  summary: 'asks the server of this machine whether it answers',
  takes: '',
  examples: ['healthcheck'],
  plain: true,
  run,
}

/**
 * Asks the server of this machine how it is, and ends with 0 if it answers, else with 1 and a line. Reads no more of the
 * configuration than where that server listens, so that it can say so whatever else is wrong.
 */
async function run(): Promise<void> {
  const { HOST = '', PORT = '' } = { ...readEnvFile(), ...process.env }
  const everywhere = ['', '0.0.0.0', '::', 'localhost'].includes(HOST)
  const host = everywhere ? '127.0.0.1' : HOST.includes(':') ? `[${HOST}]` : HOST
  const url = `http://${host}:${PORT || 8000}/healthz`
  try {
    const { ok, status } = await fetch(url, { signal: AbortSignal.timeout(WITHIN) })
    if (ok) return
    console.error(`postern: ${url} answers ${status}`)
  } catch (error) {
    const { cause, message } = error as Error & { cause?: { code?: string } }
    console.error(`postern: ${url} does not answer (${cause?.code ?? message})`)
  }
  process.exitCode = 1
}
