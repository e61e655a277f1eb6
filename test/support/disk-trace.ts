import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** What a process did to its files, in order. `at`: bytes. */
export type Step =
  | { does: 'write'; path: string; at: number; data: Buffer }
  | { does: 'cut'; path: string; at: number }
  | { does: 'sync'; path: string }
  | { does: 'remove'; path: string }

/**
 * Runs a program under strace, and returns what it did to files in this folder. Throws an error that says what is missing if the system
 * does not allow that.
 */
export function traced(command: readonly string[], folder: string): Step[] {
  const trace = `${folder}/trace.txt`
  const calls = 'pwrite64,write,ftruncate,fsync,fdatasync,unlink'
  const words = [
    '-f',
    '-y',
    '-xx',
    '-s',
    '10000000',
    '-e',
    `trace=${calls}`,
    '-e',
    'signal=none',
    '-o',
    trace,
  ]
  const { status, stderr, error } = spawnSync('strace', [...words, ...command], { encoding: 'utf8' })
  if (error !== undefined)
    throw new Error(`strace cannot be run (${error.message}); install the package strace`)
  if (status !== 0)
    throw new Error(
      `strace ended with ${status}; in a container it needs --cap-add SYS_PTRACE: ${stderr.slice(-500)}`,
    )
  return readFileSync(trace, 'latin1')
    .split('\n')
    .flatMap((line) => stepOf(line, folder) ?? [])
}

// The path of a descriptor is not in hexadecimal, its text is: `12 pwrite64(20</tmp/x-wal>, "\x37…", 4096, 32) = 4096`.
const CALL =
  /^\d+ +(pwrite64|write|ftruncate|fsync|fdatasync)\(\d+<([^>]+)>(?:, (.*?))?(?:\) += .*| <unfinished \.\.\.>)$/
const RESUMED = /^(\d+) +<\.\.\. (fsync|fdatasync) resumed>\) += 0/
const BEGUN = /^(\d+) +(fsync|fdatasync)\(\d+<([^>]+)> ?<unfinished \.\.\.>$/
const UNLINK = /^\d+ +unlink\("([^"]+)"\) += 0/

// A sync counts when it has returned, a write as soon as it begins: what a disk may have of it.
const begun = new Map<string, string>()

function stepOf(line: string, folder: string): Step | undefined {
  const [, thread = '', , path = ''] = BEGUN.exec(line) ?? []
  if (path !== '') {
    begun.set(thread, path)
    return undefined
  }
  const resumed = RESUMED.exec(line)
  if (resumed !== null)
    return within(folder, begun.get(resumed[1] as string), (of) => ({ does: 'sync', path: of }))
  const removed = UNLINK.exec(line)
  if (removed !== null)
    return within(folder, unhex(removed[1] as string).toString(), (of) => ({ does: 'remove', path: of }))
  const [, call, at, rest = ''] = CALL.exec(line) ?? []
  return within(folder, at && plain(at), (of): Step | undefined => {
    if (call === 'fsync' || call === 'fdatasync')
      return / = 0$/.test(line) ? { does: 'sync', path: of } : undefined
    if (call === 'ftruncate') return { does: 'cut', path: of, at: Number(/^\d+/.exec(rest)?.[0]) }
    const [, text = '', numbers = ''] = /^"((?:\\x[0-9a-f]{2})*)", (.*)$/.exec(rest) ?? []
    const place = call === 'pwrite64' ? Number(numbers.split(', ')[1]) : -1
    return { does: 'write', path: of, at: place, data: unhex(text) }
  })
}

function within(
  folder: string,
  path: string | undefined,
  step: (path: string) => Step | undefined,
): Step | undefined {
  return path?.startsWith(folder) ? step(path) : undefined
}

// Newer releases write the path in hexadecimal, too.
const plain = (path: string) => (path.startsWith('\\x') ? unhex(path).toString() : path)
const unhex = (text: string) => Buffer.from(text.replaceAll('\\x', ''), 'hex')
