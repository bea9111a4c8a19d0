import { DecodeError } from '../model/errors.ts'
import type { FlowFileSummary } from '../model/flow-batch.ts'
import type { ByteReader } from './bytes.ts'
import { BZ2, type Codec, LZ4, LZO, NONE, ZSTD } from './codecs.ts'
import type { Decoder } from './decoder.ts'
import type { BlockHeader } from './nfcapd-block-header.ts'
import { readBlocks } from './nfcapd-blocks.ts'
import { nfdumpVersion, readUint64, recognizesLayout, takeHeader } from './nfcapd-header.ts'
import { BLOCK, createRecordReader } from './nfcapd-v3-records.ts'
import { startSummary } from './summary.ts'
import { createWarnings, type Warnings } from './warnings.ts'

const HEADER_LENGTH = 48
const BLOCK_HEADER_LENGTH = 24
const BLOCK_TYPES: ReadonlySet<number> = new Set(Object.values(BLOCK))
/** Arrays, the collector's name, other things about the file, messages. */
const OTHER_BLOCK_TYPES: ReadonlySet<number> = new Set([2, 4, 5, 6])
const DIRECTORY_MAGIC = 0xb10c_b10c
const DIRECTORY_HEAD = 8
const DIRECTORY_ENTRY = 16
const FOOTER_LENGTH = 56
const FLAG_ENCRYPTED = 1
/** By the code that this layout uses; 0 is said to be undefined and has been seen nowhere. */
const CODECS: readonly Codec[] = [NONE, NONE, LZO, BZ2, LZ4, ZSTD]

/** Files of nfcapd and its kin, layout 3 (nfdump 1.8). A directory of the blocks, which tells nothing new, and a footer end the file. */
export const nfcapdV3: Decoder = {
  name: 'nfcapd',
  recognizes: (head) => recognizesLayout(head, 3),
  async decode(bytes, emit) {
    const view = await takeHeader(bytes, HEADER_LENGTH)
    if ((view.getUint32(20, true) & FLAG_ENCRYPTED) !== 0)
      throw new DecodeError(20, 'encrypted; flowscan reads plain files only')
    const createdMs = readUint64(view, 8) * 1000
    const directoryAt = readUint64(view, 32)
    const warnings = createWarnings()
    const summary = startSummary('nfcapd', {
      detail: `layout 3, written by nfdump ${nfdumpVersion(view.getUint32(4, true))}`,
      compression: codecOf(view.getUint16(18, true)).name,
    })
    const layout = {
      headerLength: BLOCK_HEADER_LENGTH,
      readHeader: readBlockHeader,
      types: BLOCK_TYPES,
      otherTypes: OTHER_BLOCK_TYPES,
      createReader: createRecordReader,
    }
    const found = await readBlocks(bytes, layout, summary, warnings, emit)
    if (summary.records + summary.implausible === 0 && createdMs > 0) summary.firstExportMs ??= createdMs
    await checkEnd(bytes, directoryAt, found, summary, warnings)
    summary.warnings.push(...warnings.lines())
    return summary
  },
}

function codecOf(code: number): Codec {
  const codec = CODECS[code]
  if (codec === undefined) throw new DecodeError(18, `unknown compression ${code}; expected 1 to ${CODECS.length - 1}`)
  return codec
}

/** Sizes include the header. */
function readBlockHeader(header: DataView): BlockHeader | null {
  const type = header.getUint32(0, true)
  if (type === DIRECTORY_MAGIC) return null
  const compression = header.getUint16(12, true)
  const encryption = header.getUint16(14, true)
  return {
    type,
    size: header.getUint32(4, true) - BLOCK_HEADER_LENGTH,
    unpackedSize: header.getUint32(8, true) - BLOCK_HEADER_LENGTH,
    records: null,
    codec: CODECS[compression] ?? NONE,
    obstacle:
      encryption !== 0
        ? `encrypted (method ${encryption})`
        : CODECS[compression] === undefined
          ? `compressed in an unknown way (${compression})`
          : null,
  }
}

/** Reads what ends the file, to know that nothing is missing. */
async function checkEnd(
  bytes: ByteReader,
  directoryAt: number,
  blocks: number,
  summary: FlowFileSummary,
  warnings: Warnings,
): Promise<void> {
  if (!summary.complete) return
  const at = bytes.offset
  const directory = (await bytes.take(DIRECTORY_HEAD + blocks * DIRECTORY_ENTRY + FOOTER_LENGTH)).slice()
  if (directory.length === 0) {
    if (blocks === 0 && directoryAt > 0)
      throw new DecodeError(at, `the header puts the directory at byte ${directoryAt}, but the file ends here`)
    summary.complete = false
    warnings.add('open', 'the collector had not closed this file, or died: its records up to here count')
    return
  }
  const listed = directory.length < DIRECTORY_HEAD ? 0 : new DataView(directory.buffer).getUint32(4, true)
  if (listed !== blocks) {
    summary.complete = false
    warnings.add('blocks', `byte ${at}: the directory lists ${listed} blocks, the file holds ${blocks}`)
  } else if (directory.length < DIRECTORY_HEAD + blocks * DIRECTORY_ENTRY + FOOTER_LENGTH) {
    summary.complete = false
    warnings.add('footer', `byte ${bytes.offset}: the file ends within its directory or footer`)
  } else if ((await bytes.peek(1)).length > 0)
    warnings.add('trailing', `byte ${bytes.offset}: what lies behind the footer is ignored`)
  if (at !== directoryAt)
    warnings.add('directory', `the header puts the directory at byte ${directoryAt}, but it is at ${at}`)
}
