import { createFlowBatch, type FlowBatch } from '../model/flow-batch.ts'

/** Flows of one exporter with the moment each was exported. `exporter`, `scaled` and `reverse` are all 0. */
export interface ExportedFlows extends FlowBatch {
  /** Unix milliseconds. */
  readonly exportMs: Float64Array
}

export function createExportedFlows(size: number): ExportedFlows {
  return { ...createFlowBatch(size), exportMs: new Float64Array(size) }
}

/** The rows in the order in which they were exported. */
export function exportOrder({ length, exportMs }: ExportedFlows): Uint32Array {
  return Uint32Array.from({ length }, (_, row) => row).sort((a, b) => exportMs[a]! - exportMs[b]! || a - b)
}
