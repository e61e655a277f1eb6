import type { Store } from '../../src/store/store.ts'

// Milliseconds without another command: what belongs to the same wait comes at once, also on a busy machine.
const QUIET = 50

/** A store that counts what is asked of it. Both counts begin anew when they are read. */
export interface CountingStore {
  store: Store
  /** How often a request had to wait for the store, however many commands shared a wait. */
  waits(): number
  /** How many verbs were called. */
  calls(): number
}

/**
 * A store whose verbs are held back until nothing else happens, then let go together: each such round is one wait
 * of the request for Redis, however many commands share it.
 */
export function countingStore(store: Store): CountingStore {
  let waits = 0
  let calls = 0
  let held: (() => void)[] = []
  const release = () => {
    const round = held
    held = []
    waits++
    for (const go of round) go()
  }
  const counting = new Proxy(store, {
    get(target, name) {
      const value = Reflect.get(target, name, target)
      if (typeof value !== 'function') return value
      if (['clock', 'close', 'ping', 'reachable'].includes(String(name))) return value.bind(target)
      return async (...parameters: unknown[]) => {
        calls++
        await new Promise<void>((resolve) => {
          if (held.push(resolve) === 1) setTimeout(release, QUIET)
        })
        return value.apply(target, parameters)
      }
    },
  })
  return {
    store: counting,
    waits: () => {
      const count = waits
      waits = 0
      return count
    },
    calls: () => {
      const count = calls
      calls = 0
      return count
    },
  }
}
