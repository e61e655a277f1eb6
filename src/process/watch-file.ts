import type { Stats } from 'node:fs'
import { stat } from 'node:fs/promises'

/** Milliseconds between two looks: mounts of containers and networks tell nobody of a change, so it is asked for. */
const EVERY = 1000

/** What a look sees. */
export type Seen = Pick<Stats, 'dev' | 'ino' | 'birthtimeMs' | 'size' | 'mtimeMs'>

/** What became of a file between looks: nothing, another file in its place, or other bytes in the same one. */
export type Change = 'none' | 'replaced' | 'written'

/**
 * Judges looks at a file, one after the other; undefined for a look that found none. A file counts as replaced when
 * another one is in its place and has stopped growing; one that is written in place may be half done at any look.
 */
export function fileWatcher(first: Seen | undefined): (seen: Seen | undefined) => Change {
  let known = first
  let last = first
  return (seen) => {
    const before = last
    last = seen
    // Gone for a moment: whoever writes anew may take their time.
    if (seen === undefined || before === undefined || !isEqual(seen, before)) return 'none'
    if (known !== undefined && isEqual(seen, known)) return 'none'
    const change = known !== undefined && isSameFile(seen, known) ? 'written' : 'replaced'
    known = seen
    return change
  }
}

// The number of a file that is gone is given to another one soon; the two begin at different times.
function isSameFile(one: Seen, other: Seen): boolean {
  return one.dev === other.dev && one.ino === other.ino && one.birthtimeMs === other.birthtimeMs
}

function isEqual(one: Seen, other: Seen): boolean {
  return isSameFile(one, other) && one.size === other.size && one.mtimeMs === other.mtimeMs
}

/** Looks at the file `path`, through links, every second, and tells of what became of it. Returns the function that ends it. */
export function watchFile(path: string, told: (change: 'replaced' | 'written') => void): () => void {
  const look = () => stat(path).catch(() => undefined)
  let ended = false
  let judge: ReturnType<typeof fileWatcher> | undefined
  const follow = async () => {
    const seen = await look()
    if (ended) return
    const change = judge?.(seen) ?? 'none'
    judge ??= fileWatcher(seen)
    if (change !== 'none') told(change)
    timer = setTimeout(follow, EVERY).unref()
  }
  let timer = setTimeout(follow).unref()
  return () => {
    ended = true
    clearTimeout(timer)
  }
}
