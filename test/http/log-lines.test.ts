import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { turnByTurn } from '../../src/http/log-lines.ts'

/** A sink that keeps what it is given, and drops it while it is full. */
class Sink {
  readonly written: string[] = []
  full = false
  #dropped: (text: string) => void = () => {}

  write(text: string): void {
    if (this.full) this.#dropped(text)
    else this.written.push(text)
  }

  flush(done: () => void): void {
    done()
  }

  on(_event: 'drop', listener: (text: string) => void): void {
    this.#dropped = listener
  }
}

test('the lines of one turn go out in one piece, in their order, at the end of the turn', async () => {
  const sink = new Sink()
  const lines = turnByTurn(sink, () => {})
  lines.write('one\n')
  lines.write('two\n')
  assert.deepEqual(sink.written, [])
  await nextTurn()
  lines.write('three\n')
  await nextTurn()
  assert.deepEqual(sink.written, ['one\ntwo\n', 'three\n'])
})

test('flush hands over what waits before it asks the sink', async () => {
  const sink = new Sink()
  const lines = turnByTurn(sink, () => {})
  lines.write('last\n')
  await new Promise<void>((resolve) => lines.flush(() => resolve()))
  assert.deepEqual(sink.written, ['last\n'])
})

test('what a full sink dropped is counted, and said once it takes lines again', async () => {
  const sink = new Sink()
  const losses: number[] = []
  const lines = turnByTurn(sink, (lost) => losses.push(lost))
  sink.full = true
  lines.write('one\n')
  lines.write('two\n')
  await nextTurn()
  lines.write('three\n')
  await nextTurn()
  assert.deepEqual(losses, [])
  sink.full = false
  lines.write('four\n')
  await nextTurn()
  assert.deepEqual(losses, [3])
  assert.deepEqual(sink.written, ['four\n'])
})
