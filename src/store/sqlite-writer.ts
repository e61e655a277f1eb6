// The thread that writes: it has the one connection for writing, and commits what has come while it was committing.
import { parentPort, workerData } from 'node:worker_threads'
import { type Asked, runBatch } from './sqlite-batch.ts'
import { operationsOn } from './sqlite-operations.ts'
import { NewerFile, openForWriting, type Sync } from './sqlite-schema.ts'

/** What the thread is started with. */
export interface WriterData {
  file: string
  sync: Sync
}

/** What it says first: that it writes, or why it cannot. */
export type Opened = { opened: true } | { opened: false; problem: string; newer: boolean }

// Operations of one transaction: its answers wait for all of them.
const LARGEST = 512

if (parentPort !== null) write(parentPort, workerData as WriterData)

function write(port: NonNullable<typeof parentPort>, { file, sync }: WriterData): void {
  const database = openedOr(port, () => openForWriting(file, sync))
  if (database === undefined) return
  const operations = operationsOn(database)
  const waiting: Asked[] = []
  let due = false
  let closing = false
  // Whether the last batch as a whole was refused, as by a full disk.
  let refused = false
  const later = () => {
    if (due) return
    due = true
    setImmediate(work)
  }
  const work = () => {
    due = false
    const asked = waiting.splice(0, LARGEST)
    if (asked.length > 0) {
      const now = Math.floor(Date.now() / 1000)
      const answers = runBatch(database, operations, { asked: refused ? asked.map(probing) : asked, now })
      refused = answers.every(([, result]) => result !== 'done')
      port.postMessage(answers)
    }
    if (waiting.length > 0) return later()
    if (!closing) return
    database.close()
    port.close()
  }
  port.on('message', (message: readonly Asked[] | 'close') => {
    if (message === 'close') closing = true
    else waiting.push(...message)
    later()
  })
  port.postMessage({ opened: true } satisfies Opened)
}

function probing(asked: Asked): Asked {
  const [number, operation] = asked
  return operation === 'ping' ? [number, 'probe'] : asked
}

function openedOr<T>(port: NonNullable<typeof parentPort>, open: () => T): T | undefined {
  try {
    return open()
  } catch (error) {
    const { message } = error as Error
    port.postMessage({
      opened: false,
      problem: message,
      newer: error instanceof NewerFile,
    } satisfies Opened)
    port.close()
    return undefined
  }
}
