import type { DatabaseSync } from 'node:sqlite'
import type { Operations, Statements } from './sqlite-operations.ts'

/** One thing that is asked of the writer: its number, the operation, and what it takes. */
export type Asked = readonly [number: number, operation: keyof Operations, ...parameters: unknown[]]

/**
 * What came of it. `failed`: it surely did not happen. `unknown`: the file could not say whether it has.
 */
export type Answer = readonly [number: number, result: 'done' | 'failed' | 'unknown', value: unknown]

type Runner = (...parameters: unknown[]) => unknown

/**
 * Does all that is asked in one transaction, and returns the answers when it is committed: not earlier, for even a "lost"
 * that saw what is not committed would blame somebody for what may never have happened. What fails by itself goes back to
 * its savepoint alone. `now` in seconds.
 */
export function runBatch(
  database: DatabaseSync,
  operations: Statements,
  { asked, now }: { asked: readonly Asked[]; now: number },
): Answer[] {
  try {
    database.exec('BEGIN IMMEDIATE')
  } catch (error) {
    return all(asked, 'failed', error)
  }
  const answers: Answer[] = []
  try {
    for (const [number, operation, ...parameters] of asked) {
      operations.mark()
      try {
        const value = (operations[operation] as Runner)(...parameters)
        answers.push([number, 'done', value])
      } catch (error) {
        // A full disk and the like end the whole transaction.
        if (!database.isTransaction || isBroken(error)) throw error
        database.exec('ROLLBACK TO one')
        answers.push([number, 'failed', messageOf(error)])
      }
      operations.release()
    }
    operations.sweep(now, asked.length)
  } catch (error) {
    // Nothing was committed.
    return all(asked, rolledBack(database) ? 'failed' : 'unknown', error)
  }
  try {
    database.exec('COMMIT')
    return answers
  } catch (error) {
    // A commit that the disk has refused half-way may be found whole in the file later, or not.
    const lost = rolledBack(database) && !isBroken(error)
    return all(asked, lost ? 'failed' : 'unknown', error)
  }
}

function rolledBack(database: DatabaseSync): boolean {
  try {
    if (database.isTransaction) database.exec('ROLLBACK')
    return true
  } catch {
    return false
  }
}

function all(asked: readonly Asked[], result: 'failed' | 'unknown', error: unknown): Answer[] {
  const message = messageOf(error)
  return asked.map(([number]) => [number, result, message])
}

function messageOf(error: unknown): string {
  return (error as Error).message
}

// SQLite's primary result codes (https://www.sqlite.org/rescode.html).
const FULL = 13
const IOERR = 10
const CORRUPT = 11
const NOMEM = 7

/** Whether an error is the file's or the machine's, not that of one operation. */
function isBroken(error: unknown): boolean {
  const code = Number((error as { errcode?: number }).errcode) & 0xff
  return code === IOERR || code === CORRUPT || code === NOMEM
}

/** Whether the disk has no room. */
export function isFull(error: unknown): boolean {
  return (Number((error as { errcode?: number }).errcode) & 0xff) === FULL
}
