import { DecodeError } from '../model/errors.ts'
import type { FlowFileSummary } from '../model/flow-batch.ts'
import { BZ2, type Codec, LZ4, LZO, NONE, ZSTD } from './codecs.ts'
import type { Decoder } from './decoder.ts'
import { readShortHeader, SHORT_HEADER_LENGTH } from './nfcapd-block-header.ts'
import { readBlocks } from './nfcapd-blocks.ts'
import { nfdumpVersion, readUint64, recognizesLayout, takeHeader } from './nfcapd-header.ts'
import { createRecordReader } from './nfcapd-v2-records.ts'
import { startSummary } from './summary.ts'
import { createWarnings, type Warnings } from './warnings.ts'

const HEADER_LENGTH = 40
const BLOCK_TYPES: ReadonlySet<number> = new Set([3])
/** Arrays of names. */
const OTHER_BLOCK_TYPES: ReadonlySet<number> = new Set([4])
const CODECS: readonly Codec[] = [NONE, LZO, BZ2, LZ4, ZSTD]

interface Header {
  readonly version: string
  readonly createdMs: number
  readonly codec: Codec
  /** Data blocks as the collector counted them when it closed the file; 0 while it is open. */
  readonly blocks: number
  readonly appendixBlocks: number
  readonly appendixOffset: number
}

/** Files of nfcapd and its kin, layout 2 (nfdump 1.7). The appendix is made of blocks like any other. */
export const nfcapdV2: Decoder = {
  name: 'nfcapd',
  recognizes: (head) => recognizesLayout(head, 2),
  async decode(bytes, emit) {
    const header = readHeader(await takeHeader(bytes, HEADER_LENGTH))
    const { version, codec, blocks, appendixBlocks, createdMs } = header
    const warnings = createWarnings()
    const summary = startSummary('nfcapd', {
      detail: `layout 2, written by nfdump ${version}`,
      compression: codec.name,
      complete: blocks > 0 || appendixBlocks > 0,
    })
    const layout = {
      headerLength: SHORT_HEADER_LENGTH,
      readHeader: (view: DataView) => readShortHeader(view, codec),
      types: BLOCK_TYPES,
      otherTypes: OTHER_BLOCK_TYPES,
      createReader: createRecordReader,
    }
    const found = await readBlocks(bytes, layout, summary, warnings, emit)
    if (found === 0 && blocks > 0)
      throw new DecodeError(bytes.offset, `the header says ${blocks} blocks, but the file ends here`)
    if (summary.records + summary.implausible === 0 && createdMs > 0) summary.firstExportMs ??= createdMs
    checkBlocks(header, found, bytes.offset, summary, warnings)
    summary.warnings.push(...warnings.lines())
    return summary
  },
}

function readHeader(view: DataView): Header {
  const encryption = view.getUint8(17)
  if (encryption !== 0) throw new DecodeError(17, `encrypted (method ${encryption}); flowscan reads plain files only`)
  return {
    version: nfdumpVersion(view.getUint32(4, true)),
    createdMs: readUint64(view, 8) * 1000,
    codec: codecOf(view.getUint8(16)),
    blocks: view.getUint32(36, true),
    appendixBlocks: view.getUint16(18, true),
    appendixOffset: readUint64(view, 24),
  }
}

function codecOf(code: number): Codec {
  const codec = CODECS[code]
  if (codec === undefined) throw new DecodeError(16, `unknown compression ${code}; expected 0 to ${CODECS.length - 1}`)
  return codec
}

function checkBlocks(
  header: Header,
  found: number,
  fileEnd: number,
  summary: FlowFileSummary,
  warnings: Warnings,
): void {
  const { blocks, appendixBlocks, appendixOffset } = header
  if (blocks === 0 && found > appendixBlocks) {
    summary.complete = false
    warnings.add('open', 'the collector had not closed this file, or died: its records up to here count')
  } else if (blocks + appendixBlocks !== found && blocks !== found) {
    summary.complete = false
    warnings.add(
      'blocks',
      `the header says ${blocks} blocks and ${appendixBlocks} of an appendix, the file holds ${found}`,
    )
  }
  if (appendixOffset > fileEnd)
    warnings.add('appendix', `the header puts the appendix at byte ${appendixOffset}, behind the end of the file`)
}
