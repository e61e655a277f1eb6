/** What the queue keeps of an item. */
export interface Due {
  /** When to look at it: at its end or before. Changes only outside the queue. */
  due: number
  /** Its place in the heap, kept by the queue. */
  slot: number
}

/**
 * A binary min-heap by `due`, with removal. No timer and no scan: the store asks for a few due items on each
 * write. An item whose end moved later may stay where it is: it is found early and pushed again.
 */
export class ExpiryQueue<T extends Due> {
  readonly #heap: T[] = []

  get size(): number {
    return this.#heap.length
  }

  push(item: T): void {
    this.#heap.push(item)
    this.#rise(item, this.#heap.length - 1)
  }

  /** The earliest item whose `due` is not after `now`, taken out; or undefined. */
  popDue(now: number): T | undefined {
    const first = this.#heap[0]
    if (first === undefined || first.due > now) return undefined
    this.remove(first)
    return first
  }

  /** Takes out an item that is in the queue. */
  remove(item: T): void {
    const last = this.#heap.pop() as T
    if (last === item) return
    this.#rise(last, item.slot)
    if (last.slot === item.slot) this.#sink(last, item.slot)
  }

  #rise(item: T, from: number): void {
    let at = from
    while (at > 0) {
      const above = this.#heap[(at - 1) >> 1] as T
      if (above.due <= item.due) break
      this.#place(above, at)
      at = (at - 1) >> 1
    }
    this.#place(item, at)
  }

  #sink(item: T, from: number): void {
    let at = from
    for (;;) {
      const left = this.#heap[2 * at + 1]
      if (left === undefined) break
      const right = this.#heap[2 * at + 2]
      const child = right !== undefined && right.due < left.due ? right : left
      if (child.due >= item.due) break
      const next = child.slot
      this.#place(child, at)
      at = next
    }
    this.#place(item, at)
  }

  #place(item: T, at: number): void {
    this.#heap[at] = item
    item.slot = at
  }
}
