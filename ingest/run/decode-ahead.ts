import { createHash } from 'node:crypto'
import { Worker } from 'node:worker_threads'
import type { EmitBatch } from '../decode/decoder.ts'
import type { FlowReader, ReadFile } from '../decode/flow-reader.ts'
import {
  BATCH_SIZE,
  createFlowBatch,
  type FlowBatch,
  type FlowFileSummary,
  type FlowsSoFar,
} from '../model/flow-batch.ts'
import { heapMemory, openRoom } from '../model/heap.ts'
import { CHUNK } from './descriptor.ts'
import { type Failure, toError } from './failure.ts'

/** Batches, and pieces of the file, that may be filled and not yet done with: so many stay in the cache. */
const AHEAD = 4

/** Places in the heap of two threads: one fills them in turn, the other empties them in the same order. */
export interface Ring<Place> {
  readonly places: readonly Place[]
  /** `FREE`, `TAKEN` or `STOPPED`, of each place. */
  readonly states: Int32Array
}

/** A place may be filled; is filled, or being emptied; and will never be free, for nobody wants what would come. */
export const [TAKEN, FREE, STOPPED] = [0, 1, 2]

/** What the thread is given. */
export interface DecodeTask {
  readonly descriptor: number
  readonly timeZone: string
  readonly batches: Ring<FlowBatch>
  readonly chunks: Ring<Uint8Array>
}

/** What the thread tells: which place it has filled, how far, and of which `exporters` it had not told before. */
export type DecodeNews =
  | { readonly chunk: number; readonly length: number }
  | { readonly batch: number; readonly length: number; readonly known: FlowsSoFar }
  | { readonly summary: FlowFileSummary }
  | { readonly failure: Failure }

/**
 * Reads the flow file behind a descriptor in a thread of its own, so that one huge file keeps two cores busy: that thread reads and decodes, this
 * one takes the file's hash and counts. Both work in one heap, and nothing is copied on the way.
 */
export function readAhead(descriptor: number, timeZone: string): FlowReader {
  return (emit) =>
    new Promise((resolve, reject) => {
      const room = openRoom()
      const ring = <Place>(create: () => Place): Ring<Place> => ({
        places: Array.from({ length: AHEAD }, create),
        states: new Int32Array(new SharedArrayBuffer(AHEAD * 4)).fill(FREE),
      })
      const batches = ring(() => createFlowBatch(BATCH_SIZE, room.allocate))
      const chunks = ring(() => new Uint8Array(...room.allocate(CHUNK), CHUNK))
      const take = createTaker(emit, batches, chunks)
      const worker = takeThread()
      /** Nothing is written into the room any more. */
      const end = (settle: () => void) => {
        worker.removeAllListeners('message').removeAllListeners('error')
        room.close()
        settle()
      }
      let mistake: unknown
      worker.on('message', (news: DecodeNews) => {
        if ('summary' in news || 'failure' in news) {
          giveBack(worker)
          return end(() => {
            if (mistake !== undefined) reject(mistake)
            else if ('failure' in news) reject(toError(news.failure))
            else resolve(take.end(news.summary))
          })
        }
        if (mistake !== undefined) return
        try {
          take.news(news)
        } catch (error) {
          mistake = error
          for (const { states } of [batches, chunks]) for (let at = 0; at < AHEAD; at++) mark(states, at, STOPPED)
        }
      })
      worker.on('error', (error) => end(() => reject(error)))
      worker.postMessage({ descriptor, timeZone, batches, chunks } satisfies DecodeTask)
    })
}

/** Empties what the thread has filled. */
function createTaker(emit: EmitBatch, batches: Ring<FlowBatch>, chunks: Ring<Uint8Array>) {
  const hash = createHash('sha256')
  const exporters: string[] = []
  return {
    news(news: Extract<DecodeNews, { length: number }>): void {
      if ('chunk' in news) {
        hash.update(chunks.places[news.chunk]!.subarray(0, news.length))
        mark(chunks.states, news.chunk, FREE)
        return
      }
      const batch = batches.places[news.batch]!
      exporters.push(...news.known.exporters)
      batch.length = news.length
      emit(batch, { ...news.known, exporters })
      mark(batches.states, news.batch, FREE)
    },
    end: (summary: FlowFileSummary): ReadFile => ({ summary, content: hash.digest('hex') }),
  }
}

function mark(states: Int32Array, at: number, state: number): void {
  Atomics.store(states, at, state)
  Atomics.notify(states, at)
}

/** A thread at rest: the next huge file finds its code compiled. The process does not wait for it. */
let atRest: Worker | undefined

function takeThread(): Worker {
  const worker = atRest ?? new Worker(new URL('./decode-thread.js', import.meta.url), { workerData: heapMemory() })
  atRest = undefined
  worker.ref()
  return worker
}

function giveBack(worker: Worker): void {
  worker.unref()
  if (atRest === undefined) atRest = worker
  else void worker.terminate()
}
