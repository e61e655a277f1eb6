import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Keys } from '../../src/secrets/keys.ts'
import { MemoryStore } from '../../src/store/memory.ts'
import { type Attempt, Throttle } from '../../src/throttle/throttle.ts'
import { runs } from '../support/runs.ts'
import { KEY } from '../support/server.ts'

const T = 1_000_000

/** Runs guesses, right (true) or wrong, in an order of the store's verbs that the schedule draws; returns which had a turn. */
async function guesses(schedule: fc.Scheduler, attempt: Attempt, rights: readonly boolean[]) {
  const store = new MemoryStore()
  const scheduled = new Proxy(store, {
    get(target, name) {
      const verb = Reflect.get(target, name, target)
      if (!['increment', 'decrement', 'counters'].includes(String(name))) return verb
      return async (...parameters: unknown[]) => {
        await schedule.schedule(Promise.resolve(), String(name))
        return verb.apply(target, parameters)
      }
    },
  })
  const throttle = new Throttle(scheduled, new Keys([KEY]))
  const guess = async (right: boolean) => {
    const turn = await throttle.take(attempt, T)
    if (turn.seconds === 0 && right) await turn.giveBack()
    return turn.seconds === 0
  }
  const all = Promise.all(rights.map(guess))
  await schedule.waitFor(all)
  return { turns: await all, throttle: new Throttle(store, new Keys([KEY])) }
}

for (const [attempt, free] of [
  [{ account: 'ada', address: '192.0.2.1', device: undefined }, 5],
  [{ account: 'ada', address: '192.0.2.1', device: 'phone' }, 10],
] as const) {
  const whose = attempt.device ?? 'a stranger'
  test(`wrong guesses of ${whose} in every order of the store's verbs get ${free} turns (200 schedules)`, async () => {
    const property = fc.asyncProperty(fc.scheduler(), async (schedule) => {
      const { turns, throttle } = await guesses(schedule, attempt, new Array(free + 3).fill(false))
      assert.equal(turns.filter(Boolean).length, free)
      assert.equal((await throttle.take(attempt, T)).seconds, 2)
    })
    await fc.assert(property, { numRuns: runs(200) })
  })

  test(`right guesses of ${whose} among wrong ones give nobody more turns, and leave nothing (200 schedules)`, async () => {
    const rights = Array.from({ length: free + 4 }, (_, at) => at % 3 === 0)
    const property = fc.asyncProperty(fc.scheduler(), async (schedule) => {
      const { turns, throttle } = await guesses(schedule, attempt, rights)
      const wrong = turns.filter((turn, at) => turn && !rights[at]).length
      assert.ok(wrong <= free)
      for (let left = wrong; left < free; left++) assert.equal((await throttle.take(attempt, T)).seconds, 0)
      assert.equal((await throttle.take(attempt, T)).seconds, 2)
    })
    await fc.assert(property, { numRuns: runs(200) })
  })
}
