import type { Exporter } from './exporter.ts'
import type { FlowFileOptions, FlowFileWriter } from './flow-file.ts'
import { createFlowToolsWriter, flowToolsName } from './flow-tools-writer.ts'
import { createNfcapdWriter, nfcapdName } from './nfcapd-writer.ts'

/** What writes the files of a format. */
export interface Collector {
  /** The name of the file begun at a moment (unix seconds). */
  readonly nameOf: (start: number) => string
  readonly create: (options: FlowFileOptions) => FlowFileWriter
  /** How its files are compressed, if they are. */
  readonly compression: FlowFileOptions['compression']
}

export const COLLECTORS: { readonly [F in Exporter['format']]: Collector } = {
  'flow-tools': { nameOf: flowToolsName, create: createFlowToolsWriter, compression: 'zlib' },
  nfcapd: { nameOf: nfcapdName, create: createNfcapdWriter, compression: 'lz4' },
}
