/** How many runs a property test makes: `count`, and `RUNS` times as many if that is set (20 in `npm run test:all`). */
export function runs(count: number): number {
  return count * Number(process.env.RUNS ?? '1')
}
