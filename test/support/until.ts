import assert from 'node:assert/strict'

// Milliseconds: far beyond what any machine needs. Only what never comes true ends a test here.
const PATIENCE = 60_000
const LOOK_EVERY = 20
// The real one, also where a test has timers in its own hands.
const { setTimeout: later } = globalThis

/** Resolves when `condition` is true; fails after a minute, with `what` was waited for in vain. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string | (() => string),
): Promise<void> {
  const end = performance.now() + PATIENCE
  while (!(await condition())) {
    if (performance.now() > end) assert.fail(`in vain: ${typeof what === 'string' ? what : what()}`)
    await new Promise((resolve) => later(resolve, LOOK_EVERY))
  }
}
