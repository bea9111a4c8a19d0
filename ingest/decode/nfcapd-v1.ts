import { DecodeError } from '../model/errors.ts'
import type { FlowFileSummary } from '../model/flow-batch.ts'
import { BZ2, type Codec, LZ4, LZO, NONE } from './codecs.ts'
import type { Decoder } from './decoder.ts'
import { type BlockHeader, readShortHeader, SHORT_HEADER_LENGTH } from './nfcapd-block-header.ts'
import { readBlocks } from './nfcapd-blocks.ts'
import { recognizesLayout, takeHeader } from './nfcapd-header.ts'
import { createRecordReader } from './nfcapd-v1-records.ts'
import { startSummary } from './summary.ts'
import { createWarnings, type Warnings } from './warnings.ts'

/** A header of 140 bytes and the collector's statistics of 136. */
const HEADER_LENGTH = 276
const SEQUENCE_FAILURES_AT = 272
const BLOCK = { fixedRecords: 1, records: 2 } as const
const BLOCK_TYPES: ReadonlySet<number> = new Set(Object.values(BLOCK))
/** A catalogue of blocks. */
const OTHER_BLOCK_TYPES: ReadonlySet<number> = new Set([4])
/** By the bit of the flags. */
const CODECS: readonly { readonly flag: number; readonly codec: Codec }[] = [
  { flag: 0x01, codec: LZO },
  { flag: 0x08, codec: BZ2 },
  { flag: 0x10, codec: LZ4 },
]

/** Files of nfcapd and its kin, layout 1 (nfdump 1.6, and 1.5 from 1.5.8 on). */
export const nfcapdV1: Decoder = {
  name: 'nfcapd',
  recognizes: (head) => recognizesLayout(head, 1),
  async decode(bytes, emit) {
    const view = await takeHeader(bytes, HEADER_LENGTH)
    const codec = codecOf(view.getUint32(4, true))
    const blocks = view.getUint32(8, true)
    const warnings = createWarnings()
    const summary = startSummary('nfcapd', {
      detail: 'layout 1, written by nfdump 1.6',
      compression: codec.name,
    })
    const layout = {
      headerLength: SHORT_HEADER_LENGTH,
      readHeader: (header: DataView) => refuseFixedRecords(readShortHeader(header, codec)),
      types: BLOCK_TYPES,
      otherTypes: OTHER_BLOCK_TYPES,
      createReader: createRecordReader,
    }
    const found = await readBlocks(bytes, layout, summary, warnings, emit)
    if (found === 0 && blocks > 0)
      throw new DecodeError(bytes.offset, `the header says ${blocks} blocks, but the file ends here`)
    checkBlocks(blocks, found, summary, warnings)
    warnOfSequence(view.getUint32(SEQUENCE_FAILURES_AT, true), warnings)
    summary.warnings.push(...warnings.lines())
    return summary
  },
}

/** Several bits at once say nothing that could be true. */
function codecOf(flags: number): Codec {
  const [first, ...others] = CODECS.filter(({ flag }) => (flags & flag) !== 0)
  if (others.length > 0)
    throw new DecodeError(
      4,
      `flags 0x${flags.toString(16)} name several ways of compression; expected one of LZO, BZ2, LZ4`,
    )
  return first?.codec ?? NONE
}

function refuseFixedRecords(header: BlockHeader): BlockHeader {
  if (header.type !== BLOCK.fixedRecords) return header
  return { ...header, obstacle: 'of nfdump 1.5 (records of fixed size)' }
}

function checkBlocks(blocks: number, found: number, summary: FlowFileSummary, warnings: Warnings): void {
  if (blocks === found) return
  summary.complete = false
  if (blocks === 0)
    warnings.add('open', 'the collector had not closed this file, or died: its records up to here count')
  else warnings.add('blocks', `the header says ${blocks} blocks, the file holds ${found}`)
}

function warnOfSequence(failures: number, warnings: Warnings): void {
  if (failures > 0) warnings.add('sequence', `the collector noticed ${failures} gaps in the sequence of exports`)
}
