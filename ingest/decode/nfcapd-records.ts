import type { FlowBatch } from '../model/flow-batch.ts'
import type { EmitBatch } from './decoder.ts'
import type { ExporterNumbers } from './nfcapd-exporters.ts'
import type { Warnings } from './warnings.ts'

/** What the record readers of all layouts of nfcapd have in common. */
export interface RecordReader {
  readonly counts: RecordCounts
  readonly numbers: ExporterNumbers
  /** Where flows are put. It may belong to all files of the thread, so it must be emptied before another has its turn, */
  readonly batch: FlowBatch
  /** unless it is this reader's own by now. */
  readonly keepsFlows?: boolean
  /** Puts flows into the batch that is wanted next (`EmitBatch`); absent where that takes more than a copy. */
  useNextBatch?(emit: EmitBatch): void
  /**
   * Reads what an unpacked block holds; `flush` is called when the batch is full and must empty it. Every flow of
   * the block is in the batch, or was, when it returns what is wrong with the block, or `null`.
   */
  readBlock(block: DataView, header: { type: number; records: number | null }, flush: () => void): BlockDamage | null
}

export interface BlockDamage {
  /** Where in the unpacked block. */
  readonly at: number
  readonly message: string
}

/** What reading blocks has found besides flows. */
export interface RecordCounts {
  /** Of every type. */
  records: number
  flows: number
  events: number
  implausible: number
  /** Blocks with another number of records than they say. */
  miscounted: number
  /** Flows with another number of elements than they say. */
  miscountedElements: number
  /** Too short for what they say they hold. */
  short: number
  /** Skipped by their length. */
  unknownBlocks: number
  unknownRecords: number
  unknownElements: number
  /** Passed over, for they have no room for what they are said to be. */
  shortElements: number
  /** Layout 1: flows of which only the counters and addresses could be read. */
  withoutMap: number
  unknownExtensions: number
  /** Sequence failures as the collector's statistics say; `null` without them. */
  sequenceFailures: number | null
  firstReceivedMs: number | null
}

export function createRecordCounts(): RecordCounts {
  return {
    records: 0,
    flows: 0,
    events: 0,
    implausible: 0,
    miscounted: 0,
    miscountedElements: 0,
    short: 0,
    unknownBlocks: 0,
    unknownRecords: 0,
    unknownElements: 0,
    shortElements: 0,
    withoutMap: 0,
    unknownExtensions: 0,
    sequenceFailures: null,
    firstReceivedMs: null,
  }
}

export function warnOfRecords(counts: RecordCounts, warnings: Warnings): void {
  const { events, implausible, short, unknownRecords, unknownElements, withoutMap, unknownExtensions } = counts
  const sequenceFailures = counts.sequenceFailures ?? 0
  if (events > 0) warnings.add('events', `${events} event records (NSEL, NEL) carry no traffic and are left out`)
  if (implausible > 0) warnings.add('implausible', `${implausible} records with counters beyond 2^53 are left out`)
  if (counts.miscounted > 0)
    warnings.add('miscounted', `${counts.miscounted} blocks hold another number of records than they say`)
  if (counts.miscountedElements > 0)
    warnings.add(
      'miscountedElements',
      `${counts.miscountedElements} flow records hold another number of elements than they say: those found count`,
    )
  if (short > 0)
    warnings.add('short', `${short} flow records are too short for what they say they hold and are left out`)
  if (counts.unknownBlocks > 0) warnings.add('types', `${counts.unknownBlocks} blocks of unknown types are skipped`)
  if (unknownRecords > 0) warnings.add('records', `${unknownRecords} records of unknown types are skipped`)
  if (unknownElements > 0) warnings.add('elements', `${unknownElements} elements of unknown types are skipped`)
  if (counts.shortElements > 0)
    warnings.add('shortElements', `${counts.shortElements} elements are too short for their types and are passed over`)
  if (withoutMap > 0)
    warnings.add(
      'map',
      `${withoutMap} records name an extension map that is missing: their addresses and counters count, the rest is unknown`,
    )
  if (unknownExtensions > 0)
    warnings.add(
      'extensions',
      `${unknownExtensions} records hold extensions of unknown types; what lies behind these is left out`,
    )
  if (sequenceFailures > 0)
    warnings.add('sequence', `the collector noticed ${sequenceFailures} gaps in the sequence of exports`)
}

/** nfcapd multiplies as soon as it knows the rate; flows that came before that, or by a sampler it does not know, are as sampled. */
export function warnOfSampling(numbers: ExporterNumbers, exporters: readonly string[], warnings: Warnings): void {
  for (const { exporter, interval, flows } of numbers.unscaled()) {
    warnings.add(
      'sampling',
      `${exporters[exporter]} samples one packet in ${interval}, but the counters of ${flows} of its flows are not multiplied; only a sampleRate in the config would do that`,
    )
  }
}

/**
 * Walks records of `type/2 size/2 …` that fill a block from `start` on; `read` is given the place, type and size of each, and returns
 * where to go on. Returns what is wrong when that is not where the block ends; another number of records than `expected` is
 * only counted.
 */
export function walkRecords(
  block: DataView,
  start: number,
  expected: number | null,
  counts: RecordCounts,
  read: (at: number, type: number, size: number) => number,
): BlockDamage | null {
  const end = block.byteLength
  const before = counts.records
  for (let at = start; at < end; ) {
    if (at + 4 > end) return { at, message: `${end - at} bytes behind the last record` }
    const type = block.getUint16(at, true)
    const size = block.getUint16(at + 2, true)
    if (size < 4 || at + size > end) {
      return {
        at,
        message: `record of type ${type} with ${size} bytes, but ${end - at} remain; the rest of the block is left out`,
      }
    }
    counts.records++
    at = read(at, type, size)
  }
  if (expected !== null && counts.records - before !== expected) counts.miscounted++
  return null
}
