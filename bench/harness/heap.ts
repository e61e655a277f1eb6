import type { Bench } from './bench.ts'

/** Bytes of heap that a living grant takes, its place in the person's index with it. */
export interface HeapOfGrants {
  grants: number
  bytes: number
}

// So many places that no client fills its share of them: a limit, not memory that is taken.
const ROOM = ['--max-old-space-size=49152']
// Grants of one person, well below what a person may have.
const EACH = 500
// Before the first look: what is made once must not count.
const BEFORE = 20_000
// One job's, so that no job takes longer than the generator is waited for.
const AT_ONCE = 20_000

/** Makes `grants` grants by as many code flows of people who are logged in, and looks at Postern's heap before and after. */
export async function heapOfGrants(bench: Bench, grants: number): Promise<HeapOfGrants> {
  const people = Math.max(100, Math.ceil((grants + BEFORE) / EACH))
  const { child, job } = await bench.start('postern', 'flow', { flags: ROOM, people })
  const make = async (count: number) => {
    for (let made = 0; made < count; ) {
      const most = Math.min(AT_ONCE, count - made)
      const { operations } = await bench.generator.run({ ...job, most, seconds: 80 })
      if (operations === 0) throw new Error('no grant was made')
      made += operations
    }
  }
  try {
    await bench.generator.prepare(job)
    await make(BEFORE)
    const before = await child.usage({ gc: true })
    await make(grants)
    const after = await child.usage({ gc: true })
    return { grants, bytes: (after.heap - before.heap) / grants }
  } finally {
    await child.stop()
  }
}
