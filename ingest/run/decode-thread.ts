import { parentPort, workerData } from 'node:worker_threads'
import type { EmitBatch } from '../decode/decoder.ts'
import { copyFlows, type FlowBatch } from '../model/flow-batch.ts'
import { joinHeap } from '../model/heap.ts'
import { type DecodeNews, type DecodeTask, type Filled, FREE, STOPPED, TAKEN, TOGETHER } from './decode-ahead.ts'
import { readDescriptor } from './descriptor.ts'
import { toFailure } from './failure.ts'

/** A thread that reads one flow file after the other into batches that another counts (see `decode-ahead.ts`). */
joinHeap(workerData)
parentPort!.on('message', async (task: DecodeTask) => {
  const { emit, handOn } = fillBatches(task)
  let end: DecodeNews
  try {
    end = { read: await readDescriptor(task.descriptor, task.timeZone)(emit) }
  } catch (error) {
    end = { failure: toFailure(error) }
  }
  handOn()
  tell(end)
})

/** Fills batches in turn, each when it is free: those that `nextBatch` gave as they are, of others a copy; `handOn` tells of those it has not told of. */
function fillBatches({ batches, states }: DecodeTask): { readonly emit: EmitBatch; handOn(): void } {
  let turn = -1
  let place: FlowBatch | undefined
  let told = 0
  let filled: Filled[] = []
  /** Throws when nobody counts any more. */
  const nextBatch = () => {
    turn = (turn + 1) % batches.length
    Atomics.wait(states, turn, TAKEN)
    if (Atomics.compareExchange(states, turn, FREE, TAKEN) === STOPPED) throw new Error('nobody counts this any more')
    place = batches[turn]!
    place.length = 0
    return place
  }
  const handOn = () => {
    if (filled.length > 0) tell({ filled })
    filled = []
  }
  const emit: EmitBatch = (batch, { exporters, captureStartMs, firstExportMs }) => {
    if (batch !== place) copyFlows(batch, nextBatch())
    filled.push({
      at: turn,
      length: batch.length,
      known: { exporters: exporters.slice(told), captureStartMs, firstExportMs },
    })
    told = exporters.length
    if (filled.length === TOGETHER) handOn()
  }
  return { emit: Object.assign(emit, { nextBatch }), handOn }
}

function tell(news: DecodeNews): void {
  parentPort!.postMessage(news)
}
