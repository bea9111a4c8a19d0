import { BATCH_SIZE, copyFlows, createFlowBatch, type FlowBatch } from '../model/flow-batch.ts'
import { isInHeap, type Room } from '../model/heap.ts'

/** Gives batches where WebAssembly sees them: those that lie in the heap as they are, of others a copy that is good until the next. */
export function heapBatches(room: Room): (batch: FlowBatch) => FlowBatch {
  let copy: FlowBatch | undefined
  return (batch) => {
    if (isInHeap(batch.srcAddr)) return batch
    copy ??= createFlowBatch(BATCH_SIZE, room.allocate)
    copyFlows(batch, copy)
    return copy
  }
}
