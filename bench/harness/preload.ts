/**
 * Loaded into every server that is measured, before its own code: answers the run's questions about the process. The
 * channel does not keep the process, and nothing happens between two questions.
 */
import { DatabaseSync } from 'node:sqlite'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { getEnvironmentData, isMainThread, setEnvironmentData } from 'node:worker_threads'

/** What a process knows about itself. CPU in microseconds since its start, the rest in bytes. */
export interface Usage {
  cpu: number
  resident: number
  heap: number
  /** Transactions of SQLite that were committed since the start, and operations in them. */
  commits: number
  operations: number
}

// The thread that writes shares it with the thread that is asked.
const COUNTS = 'bench counts'
if (isMainThread) setEnvironmentData(COUNTS, new SharedArrayBuffer(8))
const counts = new Int32Array(getEnvironmentData(COUNTS) as SharedArrayBuffer)
if (!isMainThread) countCommits()

// A cluster's worker has a channel too, which leads to its supervisor.
if (isMainThread && process.send !== undefined && process.env.NODE_UNIQUE_ID === undefined) {
  process.on('message', (question) => {
    if (question !== 'usage' && question !== 'usage after gc') return
    if (question === 'usage after gc') collectGarbage()
    const { user, system } = process.cpuUsage()
    const { rss, heapUsed } = process.memoryUsage()
    const [commits = 0, operations = 0] = counts
    const usage = { cpu: user + system, resident: rss, heap: heapUsed, commits, operations }
    process.send?.(usage satisfies Usage)
  })
  process.channel?.unref()
}

function countCommits(): void {
  const { exec } = DatabaseSync.prototype
  DatabaseSync.prototype.exec = function (sql) {
    exec.call(this, sql)
    if (sql === 'COMMIT') Atomics.add(counts, 0, 1)
    else if (sql === 'RELEASE one') Atomics.add(counts, 1, 1)
  }
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
}
