import type { FlowFileSummary } from '../model/flow-batch.ts'

/** The summary of a file of which nothing was read yet but what `known` tells. */
export function startSummary(format: string, known: Partial<FlowFileSummary> = {}): FlowFileSummary {
  return {
    format,
    detail: '',
    compression: 'none',
    complete: true,
    exporters: [],
    captureStartMs: null,
    firstExportMs: null,
    records: 0,
    implausible: 0,
    lost: null,
    warnings: [],
    ...known,
  }
}
