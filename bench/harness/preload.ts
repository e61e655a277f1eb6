/**
 * Loaded into every server that is measured, before its own code: answers the run's questions about the process. The
 * channel does not keep the process, and nothing happens between two questions.
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { getEnvironmentData, isMainThread, parentPort, setEnvironmentData } from 'node:worker_threads'

/** What a process knows about itself. CPU in microseconds since its start, the rest in bytes. */
export interface Usage {
  cpu: number
  resident: number
  heap: number
  /** Operations in each transaction of the SQLite store since the last question, but the latest `KEPT` at most. */
  batches: readonly number[]
}

const KEPT = 65_536
// How many there were, then their sizes, the newest over the oldest. The thread that writes shares it with the one that is asked.
const SHARED = 'bench batches'
if (isMainThread) setEnvironmentData(SHARED, new SharedArrayBuffer(4 * (1 + KEPT)))
const counts = new Int32Array(getEnvironmentData(SHARED) as SharedArrayBuffer)
let told = 0
if (!isMainThread) countBatches()

// A cluster's worker has a channel too, which leads to its supervisor.
if (isMainThread && process.send !== undefined && process.env.NODE_UNIQUE_ID === undefined) {
  process.on('message', (question) => {
    if (question !== 'usage' && question !== 'usage after gc') return
    if (question === 'usage after gc') collectGarbage()
    const { user, system } = process.cpuUsage()
    const { rss, heapUsed } = process.memoryUsage()
    const usage = { cpu: user + system, resident: rss, heap: heapUsed, batches: newBatches() }
    process.send?.(usage satisfies Usage)
  })
  process.channel?.unref()
}

// The answers of a transaction are one message.
function countBatches(): void {
  if (parentPort === null) return
  const post = parentPort.postMessage.bind(parentPort)
  parentPort.postMessage = (message: unknown) => {
    // Its size is there before it counts.
    if (Array.isArray(message)) {
      counts[1 + ((counts[0] as number) % KEPT)] = message.length
      Atomics.add(counts, 0, 1)
    }
    post(message)
  }
}

function newBatches(): number[] {
  const made = Atomics.load(counts, 0)
  const from = Math.max(told, made - KEPT)
  told = made
  return Array.from({ length: made - from }, (_, at) => counts[1 + ((from + at) % KEPT)] as number)
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
}
