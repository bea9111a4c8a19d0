import { UserError } from './errors.ts'
import { createSharedWasmMemory, PAGE, type SharedWasmMemory } from './wasm.ts'

/*
 * The memory of a thread in which JavaScript and WebAssembly work on the same columns and tables: what one has written, the other
 * reads where it lies. Another thread may join it, and hand on what it has written. It only grows; what is given back goes to the next of the
 * same thread who wants as much.
 */

/** Places in the heap that are given back together. */
export interface Room {
  /** So many bytes, and where they begin: a multiple of 64. What they hold is left over from others. */
  allocate(bytes: number): readonly [SharedArrayBuffer, number]
  /** Gives back all places. Whoever still looks at them sees what others write. */
  close(): void
}

/** All that an address of 32 bits can point to. */
const MOST = 2 ** 32
/** Into memory that threads share V8 copies so many bytes at once where both sides lie alike within them, else byte by byte. */
export const WORD = 8
/** The smallest place; every other is as large as a power of two. */
const LEAST = 64

interface Heap {
  readonly memory: SharedWasmMemory
  /** By size: where places begin that were given back. */
  readonly free: Map<number, number[]>
  /** One number for all threads, at the very beginning of the memory: where the last place ends, in `LEAST` bytes. */
  readonly end: Int32Array
}

/** JavaScript and WebAssembly see the same words only where those of the machine are little-endian. */
const HOST_IS_LITTLE = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1

let made: Heap | undefined

function heap(): Heap {
  if (!HOST_IS_LITTLE) throw new UserError('this machine is big-endian; flowscan counts flows on little-endian ones')
  made ??= openHeap(createSharedWasmMemory(PAGE, MOST))
  return made
}

function openHeap(memory: SharedWasmMemory): Heap {
  const end = new Int32Array(memory.buffer, 0, 1)
  Atomics.compareExchange(end, 0, 0, 1)
  return { memory, free: new Map(), end }
}

/** Makes the heap of another thread (its `heapMemory`) that of this one, too. To be called before anything has a place. */
export function joinHeap(memory: SharedWasmMemory): void {
  if (made !== undefined) throw new Error('this thread has a heap already')
  made = openHeap(memory)
}

/** What WebAssembly works on in this thread. */
export function heapMemory(): SharedWasmMemory {
  return heap().memory
}

/** Does WebAssembly see this view? */
export function isInHeap({ buffer }: ArrayBufferView): boolean {
  return buffer instanceof SharedArrayBuffer && seen.has(buffer)
}

/** What the heap's memory looked like whenever something got a place: another thread, too, may have made it grow. */
const seen = new WeakSet<SharedArrayBuffer>()

export function openRoom(): Room {
  const taken: { readonly at: number; readonly size: number }[] = []
  return {
    allocate(bytes) {
      const size = Math.max(LEAST, 2 ** Math.ceil(Math.log2(bytes)))
      const at = take(heap(), size)
      taken.push({ at, size })
      const { buffer } = heap().memory
      seen.add(buffer)
      return [buffer, at]
    },
    close() {
      const { free } = heap()
      for (const { at, size } of taken.splice(0)) free.set(size, [...(free.get(size) ?? []), at])
    },
  }
}

function take(heap: Heap, size: number): number {
  const spare = heap.free.get(size)?.pop()
  if (spare !== undefined) return spare
  const at = Atomics.add(heap.end, 0, size / LEAST) * LEAST
  // What another thread has made it grow by may not be seen yet: then it grows too much, and what nobody touches costs nothing.
  const missing = at + size - heap.memory.buffer.byteLength
  if (missing > 0) heap.memory.grow(Math.ceil(missing / PAGE))
  return at
}
