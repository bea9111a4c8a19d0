import { Worker } from 'node:worker_threads'
import type { EmitBatch } from '../decode/decoder.ts'
import type { FlowReader } from '../decode/flow-reader.ts'
import {
  BATCH_SIZE,
  createFlowBatch,
  type FlowBatch,
  type FlowFileSummary,
  type FlowsSoFar,
} from '../model/flow-batch.ts'
import { openRoom } from '../model/heap.ts'
import { hashDescriptor } from './descriptor.ts'
import { type Failure, toError } from './failure.ts'

/** Batches that may be decoded and not yet counted. */
const AHEAD = 3

/** What the thread is given: batches and the marks of those that it may fill, both in memory that two threads see; the batches in the heap of the one that counts. */
export interface DecodeTask {
  readonly descriptor: number
  readonly timeZone: string
  readonly batches: readonly FlowBatch[]
  /** 1: may be filled; 0: is being counted. */
  readonly isFree: Int32Array
}

/** What the thread tells. `known.exporters`: only those that are new. */
export type DecodeNews =
  | { readonly filled: number; readonly length: number; readonly known: FlowsSoFar }
  | { readonly summary: FlowFileSummary }
  | { readonly failure: Failure }

/**
 * Reads the flow file behind a descriptor in a thread of its own, so that one huge file keeps two cores busy: one decodes, this one counts, and
 * takes the file's hash between batches. Who calls sees to it that the file is the same as long as that takes.
 */
export function readAhead(descriptor: number, timeZone: string): FlowReader {
  return async (emit) => {
    let isWanted = true
    const decoded = decodeAhead(descriptor, timeZone, emit)
    const hashed = hashDescriptor(descriptor, () => isWanted)
    try {
      const [summary, content] = await Promise.all([decoded, hashed])
      return { summary, content }
    } finally {
      // The descriptor is the caller's to close: not before both have let go of it.
      isWanted = false
      await Promise.allSettled([decoded, hashed])
    }
  }
}

function decodeAhead(descriptor: number, timeZone: string, emit: EmitBatch): Promise<FlowFileSummary> {
  return new Promise((resolve, reject) => {
    const room = openRoom()
    const batches = Array.from({ length: AHEAD }, () => createFlowBatch(BATCH_SIZE, room.allocate))
    const isFree = new Int32Array(new SharedArrayBuffer(AHEAD * 4)).fill(1)
    const exporters: string[] = []
    const worker = takeThread()
    /** Nothing that the thread tells counts any more; the room is closed once it has let go of it. */
    const end = async (rest: () => unknown, settle: () => void) => {
      worker.removeAllListeners('message').removeAllListeners('error')
      await rest()
      room.close()
      settle()
    }
    const count = (filled: number, length: number, known: FlowsSoFar) => {
      exporters.push(...known.exporters)
      batches[filled]!.length = length
      emit(batches[filled]!, { ...known, exporters })
      Atomics.store(isFree, filled, 1)
      Atomics.notify(isFree, filled)
    }
    const stop = (error: unknown) =>
      end(
        () => worker.terminate(),
        () => reject(error),
      )
    worker.on('message', (news: DecodeNews) => {
      if ('summary' in news)
        return end(
          () => giveBack(worker),
          () => resolve(news.summary),
        )
      if ('failure' in news)
        return end(
          () => giveBack(worker),
          () => reject(toError(news.failure)),
        )
      try {
        count(news.filled, news.length, news.known)
      } catch (error) {
        stop(error)
      }
    })
    worker.on('error', stop)
    worker.postMessage({ descriptor, timeZone, batches, isFree } satisfies DecodeTask)
  })
}

/** A thread at rest: the next huge file finds its code compiled. The process does not wait for it. */
let atRest: Worker | undefined

function takeThread(): Worker {
  const worker = atRest ?? new Worker(new URL('./decode-thread.js', import.meta.url))
  atRest = undefined
  worker.ref()
  return worker
}

function giveBack(worker: Worker): void {
  worker.unref()
  if (atRest === undefined) atRest = worker
  else void worker.terminate()
}
