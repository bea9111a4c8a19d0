import type { Worker } from 'node:worker_threads'
import type { FlowReader, ReadFile } from '../decode/flow-reader.ts'
import { BATCH_SIZE, createFlowBatch, type FlowBatch, type FlowsSoFar } from '../model/flow-batch.ts'
import { heapMemory, openRoom } from '../model/heap.ts'
import { type Failure, toError } from './failure.ts'
import { startThread } from './thread.ts'

/** Batches that may be filled and not yet counted: so many stay in the cache. */
const AHEAD = 6
/** So many are handed on at once: to wake the other thread for each costs more than a message. */
export const TOGETHER = AHEAD / 2

/** Is filled, or being counted; may be filled; and will never be free again, for nobody wants what would come. */
export const [TAKEN, FREE, STOPPED] = [0, 1, 2]

/** What the thread is given: batches in the heap of both threads, which it fills in turn, and of each whether it may (`FREE`, `TAKEN` or `STOPPED`). */
export interface DecodeTask {
  readonly descriptor: number
  readonly timeZone: string
  readonly batches: readonly FlowBatch[]
  readonly states: Int32Array
}

/** A batch that may be counted. `news`: what is known of the file, where that is more than before, with those of its exporters that are new. */
export interface Filled {
  readonly at: number
  readonly length: number
  readonly news: FlowsSoFar | undefined
}

/** What the thread tells. */
export type DecodeNews =
  | { readonly filled: readonly Filled[] }
  | { readonly read: ReadFile }
  | { readonly failure: Failure }

/**
 * Reads the flow file behind a descriptor in a thread of its own, so that one huge file keeps two cores busy: that thread reads, hashes and decodes,
 * this one counts. Both work in one heap, so that no flow is copied on the way.
 */
export function readAhead(descriptor: number, timeZone: string): FlowReader {
  return (emit) =>
    new Promise((resolve, reject) => {
      const room = openRoom()
      const batches = Array.from({ length: AHEAD }, () => createFlowBatch(BATCH_SIZE, room.allocate))
      const states = new Int32Array(new SharedArrayBuffer(AHEAD * 4)).fill(FREE)
      const exporters: string[] = []
      let known: FlowsSoFar = { exporters, captureStartMs: null, firstExportMs: null }
      let mistake: unknown
      const worker = takeThread()
      const mark = (at: number, state: number) => {
        Atomics.store(states, at, state)
        Atomics.notify(states, at)
      }
      const count = ({ at, length, news }: Filled) => {
        if (news !== undefined) {
          exporters.push(...news.exporters)
          known = { ...news, exporters }
        }
        batches[at]!.length = length
        emit(batches[at]!, known)
        mark(at, FREE)
      }
      /** Nothing is written into the room any more. */
      const end = (settle: () => void) => {
        worker.removeAllListeners('message').removeAllListeners('error')
        room.close()
        settle()
      }
      worker.on('message', (news: DecodeNews) => {
        if ('filled' in news) {
          if (mistake !== undefined) return
          try {
            news.filled.forEach(count)
          } catch (error) {
            mistake = error
            for (const at of batches.keys()) mark(at, STOPPED)
          }
          return
        }
        giveBack(worker)
        end(() => {
          if (mistake !== undefined) reject(mistake)
          else if ('failure' in news) reject(toError(news.failure))
          else resolve(news.read)
        })
      })
      worker.on('error', (error) => end(() => reject(error)))
      worker.postMessage({ descriptor, timeZone, batches, states } satisfies DecodeTask)
    })
}

/** A thread at rest: the next huge file finds its code compiled. The process does not wait for it. */
let atRest: Worker | undefined

function takeThread(): Worker {
  const worker = atRest ?? startThread(new URL('./decode-thread.js', import.meta.url), { workerData: heapMemory() })
  atRest = undefined
  worker.ref()
  return worker
}

function giveBack(worker: Worker): void {
  worker.unref()
  if (atRest === undefined) atRest = worker
  else void worker.terminate()
}
