import { parentPort, workerData } from 'node:worker_threads'
import type { EmitBatch } from '../decode/decoder.ts'
import { copyFlows, type FlowBatch, type FlowsSoFar } from '../model/flow-batch.ts'
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
  let told: FlowsSoFar | undefined
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
  const emit: EmitBatch = (batch, known) => {
    if (batch !== place) copyFlows(batch, nextBatch())
    const news = newsOf(known, told)
    if (news !== undefined) told = { ...known, exporters: [...known.exporters] }
    filled.push({ at: turn, length: batch.length, news })
    if (filled.length === TOGETHER) handOn()
  }
  return { emit: Object.assign(emit, { nextBatch }), handOn }
}

/** What is more than was told, if anything is. */
function newsOf({ exporters, captureStartMs, firstExportMs }: FlowsSoFar, told?: FlowsSoFar): FlowsSoFar | undefined {
  const from = told?.exporters.length ?? 0
  if (
    told !== undefined &&
    exporters.length === from &&
    captureStartMs === told.captureStartMs &&
    firstExportMs === told.firstExportMs
  )
    return undefined
  return { exporters: exporters.slice(from), captureStartMs, firstExportMs }
}

function tell(news: DecodeNews): void {
  parentPort!.postMessage(news)
}
