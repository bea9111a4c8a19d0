import { type Counter, compareCounters } from '../model/counter.ts'
import { compareAddresses, FIRST_COUNTER, type HostRows, hostCounter, ROW_DOUBLES } from './host-rows.ts'

/**
 * The first `keep` of `rows` by one counter, equal ones by address; only those with more than `above` of it. `rows`: which, or how many of
 * the first. A heap whose root is the last of them: most rows cost one look at the counter.
 */
export function firstBy(
  counter: number,
  rows: Uint32Array | number,
  keep: number,
  above: Counter,
  hosts: HostRows,
): number[] {
  const heap: number[] = []
  const { sums, carries } = hosts.counters
  const column = FIRST_COUNTER + counter
  const isCarried = carries.size > 0
  const counterOf = (row: number): Counter =>
    isCarried ? hostCounter(hosts, row, counter) : sums[row * ROW_DOUBLES + column]!
  const compare = (a: number, b: number) =>
    compareCounters(counterOf(b), counterOf(a)) || compareAddresses(hosts.words, a, b)
  let least: Counter = 0
  const [count, list] = typeof rows === 'number' ? [rows, null] : [rows.length, rows]
  /** The next place that is worth a look. */
  const next = (from: number): number =>
    isCarried ? from : nextWith(Math.max(Number(least), Number(above)), sums, column, list, from, count)
  for (let at = next(0); at < count; at = next(at + 1)) {
    const row = list === null ? at : list[at]!
    const value = counterOf(row)
    if (value <= above || value < least) continue
    if (heap.length < keep) siftUp(heap, heap.push(row) - 1, compare)
    else if (compare(row, heap[0]!) < 0) {
      heap[0] = row
      siftDown(heap, compare)
    }
    if (heap.length === keep) least = counterOf(heap[0]!)
  }
  return heap
}

/** Hot: runs once per host and counter. A function of its own, for V8 optimizes it in a moment. */
function nextWith(
  least: number,
  sums: Float64Array,
  column: number,
  list: Uint32Array | null,
  from: number,
  count: number,
): number {
  for (let at = from; at < count; at++) {
    const row = list === null ? at : list[at]!
    if (sums[row * ROW_DOUBLES + column]! >= least) return at
  }
  return count
}

function siftUp(heap: number[], from: number, compare: (a: number, b: number) => number): void {
  for (let at = from; at > 0; ) {
    const parent = (at - 1) >> 1
    if (compare(heap[at]!, heap[parent]!) <= 0) return
    ;[heap[at], heap[parent]] = [heap[parent]!, heap[at]!]
    at = parent
  }
}

function siftDown(heap: number[], compare: (a: number, b: number) => number): void {
  for (let at = 0; ; ) {
    let last = at
    for (const child of [2 * at + 1, 2 * at + 2])
      if (child < heap.length && compare(heap[child]!, heap[last]!) > 0) last = child
    if (last === at) return
    ;[heap[at], heap[last]] = [heap[last]!, heap[at]!]
    at = last
  }
}
