/** Flows per batch: columns of this length fit the cache and make the cost per batch vanish. */
export const BATCH_SIZE = 4096

/** In the columns `protocol` and `tos`: the file does not say. No packet can carry it, so no member can name it. */
export const UNKNOWN = 256

/**
 * Some thousands of flows as columns. One batch is filled, handed on and filled again: whoever receives it takes
 * what it needs before returning, and keeps no column.
 */
export interface FlowBatch {
  length: number
  /**
   * Four words an address, most significant first; IPv4 as ::ffff:a.b.c.d (see `address.ts`). `::`, the unspecified
   * address, where the file does not say: it belongs to no prefix, not even to ::/0.
   */
  readonly srcAddr: Uint32Array
  readonly dstAddr: Uint32Array
  /** 0 where there is none or the file does not say. */
  readonly srcPort: Uint16Array
  /** ICMP: type * 256 + code. */
  readonly dstPort: Uint16Array
  /** 0 to 255, or `UNKNOWN`. */
  readonly protocol: Uint16Array
  readonly tos: Uint16Array
  readonly tcpFlags: Uint8Array
  /** Whole numbers up to 2^53 - 1; a decoder leaves out (and counts) records beyond. */
  readonly octets: Float64Array
  readonly packets: Float64Array
  /** Flows the record stands for: 1, or more in aggregated records; 0 in the second row of a biflow. */
  readonly flows: Float64Array
  /** Unix milliseconds. 0 when the file does not know. */
  readonly startMs: Float64Array
  readonly endMs: Float64Array
  /** 0 where the router or the file does not say. */
  readonly srcAs: Uint32Array
  readonly dstAs: Uint32Array
  readonly ingressIfIndex: Uint32Array
  readonly egressIfIndex: Uint32Array
  /** Index into `FlowFileSummary.exporters`. */
  readonly exporter: Uint16Array
  /** 1 when the counters are already multiplied by the sampling rate. */
  readonly scaled: Uint8Array
  /** 1 for the second row of a bidirectional record: the way back, ends swapped. */
  readonly reverse: Uint8Array
}

/** `allocate` gives the memory of a column, and where in it that begins. */
export function createFlowBatch(
  size: number = BATCH_SIZE,
  allocate: (bytes: number) => readonly [ArrayBufferLike, number] = (bytes) => [new ArrayBuffer(bytes), 0],
): FlowBatch {
  const bytes = () => new Uint8Array(...allocate(size), size)
  const halves = () => new Uint16Array(...allocate(size * 2), size)
  const words = (each = 1) => new Uint32Array(...allocate(size * 4 * each), size * each)
  const doubles = () => new Float64Array(...allocate(size * 8), size)
  return {
    length: 0,
    srcAddr: words(4),
    dstAddr: words(4),
    srcPort: halves(),
    dstPort: halves(),
    protocol: halves(),
    tos: halves(),
    tcpFlags: bytes(),
    octets: doubles(),
    packets: doubles(),
    flows: doubles(),
    startMs: doubles(),
    endMs: doubles(),
    srcAs: words(),
    dstAs: words(),
    ingressIfIndex: words(),
    egressIfIndex: words(),
    exporter: halves(),
    scaled: bytes(),
    reverse: bytes(),
  }
}

/** Makes `to`, which is no smaller, hold the flows of `from`. */
export function copyFlows({ length, ...columns }: FlowBatch, to: FlowBatch): void {
  to.length = length
  const size = columns.exporter.length
  for (const [name, column] of Object.entries(columns) as [keyof typeof columns, Uint32Array][])
    to[name].set(column.subarray(0, length * (column.length / size)))
}

/** What may be asked of a file while its flows are read: sure for those read so far. */
export type FlowsSoFar = Pick<FlowFileSummary, 'exporters' | 'captureStartMs' | 'firstExportMs'>

/** What a decoder knows of the file besides its flows; all of it at the end, before that see `FlowsSoFar`. */
export interface FlowFileSummary {
  /** The decoder's name, with what a person wants to know of the layout in `detail`. */
  format: string
  detail: string
  compression: string
  /** False when the writer had not closed the file, or its end is missing. */
  complete: boolean
  /** Addresses of exporters in order of first sight, as text (RFC 5952). Index 65,535 takes all that do not fit. */
  readonly exporters: string[]
  /** Unix ms at which the capture began, as the header says; `null` when it does not. */
  captureStartMs: number | null
  /** Unix ms at which the first record was exported or received; `null` when unknown. */
  firstExportMs: number | null
  /** Flow records read, and good ones left out because their counters exceed what can be true. */
  records: number
  implausible: number
  /** Flows the collector lost, as the header says; `null` when it does not. */
  lost: number | null
  /** What else the header says went wrong on the way to the collector; absent when it does not. */
  collector?: CollectorCounts
  /** One line each, with the byte where there is one. Never more than some dozens: repeated ones are counted. */
  readonly warnings: string[]
}

/** Troubles that a collector counts while it captures; `null` when it does not say. */
export interface CollectorCounts {
  /** Flows that came out of order. */
  readonly misordered: number | null
  /** Packets that were no proper export. */
  readonly corrupt: number | null
  /** How often an exporter began its sequence anew. */
  readonly resets: number | null
}
