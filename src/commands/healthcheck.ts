import { readEnvFile } from '../config/env-file.ts'
import type { Action } from './action.ts'

// Milliseconds.
const WITHIN = 3000

export const HEALTHCHECK: Action = {
  summary: 'asks the server of this machine whether it answers',
  takes: '',
  examples: ['healthcheck'],
  plain: true,
  async run() {
    const problem = await askServer()
    if (problem === undefined) return
    console.error(`postern: ${problem}`)
    process.exitCode = 1
  },
}

/**
 * Asks the server of this machine how it is: returns undefined if it answers, else a sentence. Reads no more of the configuration than
 * where that server listens, so that it can say so whatever else is wrong.
 */
export async function askServer(): Promise<string | undefined> {
  const { HOST = '', PORT = '' } = { ...readEnvFile(), ...process.env }
  const everywhere = ['', '0.0.0.0', '::', 'localhost'].includes(HOST)
  const host = everywhere ? '127.0.0.1' : HOST.includes(':') ? `[${HOST}]` : HOST
  const url = `http://${host}:${PORT || 8000}/healthz`
  try {
    const { ok, status } = await fetch(url, { signal: AbortSignal.timeout(WITHIN) })
    return ok ? undefined : `${url} answers ${status}`
  } catch (error) {
    const { cause, message } = error as Error & { cause?: { code?: string } }
    return `${url} does not answer (${cause?.code ?? message})`
  }
}
