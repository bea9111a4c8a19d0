import { parentPort, workerData } from 'node:worker_threads'
import type { EmitBatch } from '../decode/decoder.ts'
import { copyFlows, type FlowBatch } from '../model/flow-batch.ts'
import { joinHeap } from '../model/heap.ts'
import { type DecodeNews, type DecodeTask, FREE, STOPPED, TAKEN } from './decode-ahead.ts'
import { readDescriptor } from './descriptor.ts'
import { toFailure } from './failure.ts'

/** A thread that reads one flow file after the other into batches that another counts (see `decode-ahead.ts`). */
joinHeap(workerData)
parentPort!.on('message', async (task: DecodeTask) => {
  let end: DecodeNews
  try {
    end = { read: await readDescriptor(task.descriptor, task.timeZone)(fillBatches(task)) }
  } catch (error) {
    end = { failure: toFailure(error) }
  }
  tell(end)
})

/** Hands on batches in turn, each when it is free: those that `nextBatch` gave as they are, of others a copy. */
function fillBatches({ batches, states }: DecodeTask): EmitBatch {
  let turn = -1
  let place: FlowBatch | undefined
  let told = 0
  /** Throws when nobody counts any more. */
  const nextBatch = () => {
    turn = (turn + 1) % batches.length
    Atomics.wait(states, turn, TAKEN)
    if (Atomics.compareExchange(states, turn, FREE, TAKEN) === STOPPED) throw new Error('nobody counts this any more')
    place = batches[turn]!
    place.length = 0
    return place
  }
  const emit: EmitBatch = (batch, { exporters, captureStartMs, firstExportMs }) => {
    if (batch !== place) copyFlows(batch, nextBatch())
    const known = { exporters: exporters.slice(told), captureStartMs, firstExportMs }
    tell({ filled: turn, length: batch.length, known })
    told = exporters.length
  }
  return Object.assign(emit, { nextBatch })
}

function tell(news: DecodeNews): void {
  parentPort!.postMessage(news)
}
