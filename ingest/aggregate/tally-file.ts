import { createHash, randomInt } from 'node:crypto'
import type { Config } from '../config/schema.ts'
import { decodeFlowFile } from '../decode/index.ts'
import { DecodeError } from '../model/errors.ts'
import type { FlowBatch, FlowFileSummary } from '../model/flow-batch.ts'
import type { Part } from '../model/part.ts'
import { type Accumulator, createAccumulator } from './accumulate.ts'
import { slotOfFile } from './file-slot.ts'
import { HOST_LIMITS, type HostLimits } from './hosts.ts'

/** A flow file's bytes and what is known of it from outside. */
export interface FlowFile {
  readonly name: string
  readonly bytes: number
  readonly source: string
  /** From the first byte to the last, each time it is called: with very many hosts the file is read twice. */
  chunks(): AsyncIterable<Uint8Array>
}

export interface Tally {
  readonly part: Part
  readonly summary: FlowFileSummary
}

/**
 * Reads one flow file and counts it: bytes and config in, part out; no disk, no clock. The same bytes, source and
 * config always give the same part. Throws a DecodeError when nothing can be counted.
 */
export async function tallyFile(
  file: FlowFile,
  config: Config,
  fingerprint: string,
  limits: HostLimits = HOST_LIMITS,
): Promise<Tally> {
  const content = createHash('sha256')
  const chunks = hashed(file.chunks(), content)
  const slotOfThis = (summary: FlowFileSummary, firstEndMs: number | null): number => {
    const slot = slotOfFile(summary, file.name, config.site.timeZone, firstEndMs)
    if (slot === null)
      throw new DecodeError(
        0,
        'neither header, records nor name tell when these flows were captured; give the file the name its collector would',
      )
    return slot
  }
  let slot: number | undefined
  let accumulator: Accumulator | undefined
  const begin = (summary: FlowFileSummary, firstEndMs: number | null): Accumulator => {
    slot = slotOfThis(summary, firstEndMs)
    return createAccumulator(config, slot, randomInt(0x1_0000_0000), limits)
  }
  const summary = await decodeFlowFile(
    chunks,
    (batch: FlowBatch, known: FlowFileSummary) => {
      accumulator ??= begin(known, batch.endMs[0] ?? null)
      accumulator.add(batch, known.exporters)
    },
    config.site.timeZone,
  )
  for await (const _ of chunks) {
    // What the decoder left unread is part of the content all the same.
  }
  accumulator ??= begin(summary, null)
  const recount = accumulator.recount()
  if (recount !== null)
    await decodeFlowFile(file.chunks(), (batch, { exporters }) => recount(batch, exporters), config.site.timeZone)
  return { part: createPart(file, slot!, fingerprint, content.digest('hex'), summary, accumulator), summary }
}

/** Passes chunks on and hashes them on the way. One iterator: whoever comes later goes on where the first stopped. */
function hashed(chunks: AsyncIterable<Uint8Array>, hash: ReturnType<typeof createHash>): AsyncIterable<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]()
  return {
    [Symbol.asyncIterator]: () => ({
      async next() {
        const step = await iterator.next()
        if (step.done !== true) hash.update(step.value)
        return step
      },
    }),
  }
}

function createPart(
  file: FlowFile,
  slot: number,
  config: string,
  content: string,
  summary: FlowFileSummary,
  accumulator: Accumulator,
): Part {
  const { octets, packets, flows, slots, hosts, implausible, ...counted } = accumulator.finish()
  return {
    schema: 1,
    source: file.source,
    slot,
    id: createHash('sha256').update(`${file.source}\0${slot}\0${content}`).digest('hex'),
    config,
    file: { bytes: file.bytes, format: summary.format, complete: summary.complete },
    total: { records: summary.records, octets, packets, flows },
    slots,
    hosts,
    quality: {
      lost: summary.lost,
      ...(summary.collector === undefined ? {} : { collector: summary.collector }),
      ...counted,
      implausible: summary.implausible + implausible,
      warnings: summary.warnings,
    },
  }
}
