/**
 * Loaded into every server that is measured, before its own code: answers the run's questions about the process. The
 * channel does not keep the process, and nothing happens between two questions.
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** What a process knows about itself. CPU in microseconds since its start, the rest in bytes. */
export interface Usage {
  cpu: number
  resident: number
  heap: number
}

// A cluster's worker has a channel too, which leads to its supervisor.
if (process.send !== undefined && process.env.NODE_UNIQUE_ID === undefined) {
  process.on('message', (question) => {
    if (question !== 'usage' && question !== 'usage after gc') return
    if (question === 'usage after gc') collectGarbage()
    const { user, system } = process.cpuUsage()
    const { rss, heapUsed } = process.memoryUsage()
    process.send?.({ cpu: user + system, resident: rss, heap: heapUsed } satisfies Usage)
  })
  process.channel?.unref()
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
}
