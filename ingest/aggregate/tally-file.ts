import { randomInt } from 'node:crypto'
import { countedUnder } from '../classify/index.ts'
import type { Config } from '../config/schema.ts'
import type { FlowReader } from '../decode/flow-reader.ts'
import { DecodeError } from '../model/errors.ts'
import type { FlowFileSummary, FlowsSoFar } from '../model/flow-batch.ts'
import { type Part, partId } from '../model/part.ts'
import { type Accumulator, createAccumulator } from './accumulate.ts'
import { slotOfFile } from './file-slot.ts'
import { HOST_LIMITS, type HostLimits } from './hosts.ts'

/** A flow file, and what is known of it from outside. */
export interface FlowFile {
  readonly name: string
  readonly bytes: number
  readonly source: string
  /** With very many hosts the file is read twice. */
  readonly read: FlowReader
}

export interface Tally {
  readonly part: Part
  readonly summary: FlowFileSummary
}

/**
 * Reads one flow file and counts it: flows and config in, part out; no disk, no clock. The same bytes, source and
 * config always give the same part. Throws a DecodeError when nothing can be counted.
 */
export async function tallyFile(
  file: FlowFile,
  config: Config,
  fingerprint: string,
  limits: HostLimits = HOST_LIMITS,
): Promise<Tally> {
  const slotOfThis = (known: FlowsSoFar, firstEndMs: number | null): number => {
    const slot = slotOfFile(known, file.name, config.site.timeZone, firstEndMs)
    if (slot === null)
      throw new DecodeError(
        0,
        'neither header, records nor name tell when these flows were captured; give the file the name its collector would',
      )
    return slot
  }
  let slot: number | undefined
  let accumulator: Accumulator | undefined
  const begin = (known: FlowsSoFar, firstEndMs: number | null): Accumulator => {
    slot = slotOfThis(known, firstEndMs)
    return createAccumulator(config, slot, randomInt(0x1_0000_0000), limits)
  }
  try {
    const { summary, content } = await file.read((batch, known) => {
      accumulator ??= begin(known, batch.endMs[0] ?? null)
      accumulator.add(batch, known.exporters)
    })
    accumulator ??= begin(summary, null)
    const recount = accumulator.recount()
    if (recount !== null) await file.read((batch, { exporters }) => recount(batch, exporters))
    return { part: createPart(file, slot!, fingerprint, countedUnder(config), content, summary, accumulator), summary }
  } finally {
    accumulator?.close()
  }
}

function createPart(
  file: FlowFile,
  slot: number,
  config: string,
  counted: readonly string[],
  content: string,
  summary: FlowFileSummary,
  accumulator: Accumulator,
): Part {
  const { octets, packets, flows, slots, hosts, implausible, ...flaws } = accumulator.finish()
  return {
    schema: 1,
    source: file.source,
    slot,
    id: partId(file.source, slot, content),
    config,
    file: {
      bytes: file.bytes,
      format: summary.format,
      complete: summary.complete,
      startMs: summary.captureStartMs ?? summary.firstExportMs,
    },
    total: { records: summary.records, octets, packets, flows },
    counted,
    slots,
    hosts,
    quality: {
      lost: summary.lost,
      ...(summary.collector === undefined ? {} : { collector: summary.collector }),
      ...flaws,
      implausible: summary.implausible + implausible,
      warnings: summary.warnings,
    },
  }
}
