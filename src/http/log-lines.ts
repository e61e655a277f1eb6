import type { DestinationStream } from 'pino'

/** What takes the lines in the end: of pino's destination, as much as is used here. */
export interface Sink {
  write(text: string): unknown
  flush(done: (error?: Error) => void): void
  on(event: 'drop', listener: (text: string) => void): unknown
}

/** A destination for a logger. `flush` calls back when all that was written before is out. */
export interface Lines extends DestinationStream {
  flush(done: (error?: Error) => void): void
}

/**
 * Hands all lines of one turn of the event loop to `sink` in one piece: to write a line costs more than to make it,
 * and under load a turn serves many requests. `onLoss` gets the number of lines that a full sink dropped,
 * once it takes lines again.
 */
export function turnByTurn(sink: Sink, onLoss: (lines: number) => void): Lines {
  let text = ''
  let dropped = 0
  sink.on('drop', (lost) => {
    dropped += lost.split('\n').length - 1
  })
  const handOver = () => {
    if (text === '') return
    const lines = text
    text = ''
    const before = dropped
    sink.write(lines)
    if (dropped === 0 || dropped > before) return
    dropped = 0
    onLoss(before)
  }
  return {
    write(line) {
      if (text === '') setImmediate(handOver)
      text += line
    },
    flush(done) {
      handOver()
      sink.flush(done)
    },
  }
}
