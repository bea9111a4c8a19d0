import type { FlowFileSummary } from '../model/flow-batch.ts'

/** The summary of a file without a header, to be filled while it is read. */
export function startSummary(format: string): FlowFileSummary {
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
  }
}
