import type { Config } from '../config/schema.ts'
import type { FlowFileSummary } from '../model/flow-batch.ts'
import type { Part } from '../model/part.ts'

/** A flow file's bytes and what is known of it from outside. */
export interface FlowFile {
  readonly name: string
  readonly bytes: number
  readonly source: string
  chunks(): AsyncIterable<Uint8Array>
}

export interface Tally {
  readonly part: Part
  readonly summary: FlowFileSummary
}

/**
 * Reads one flow file and counts it: bytes and config in, part out; no disk, no clock.
 * The part's id is the SHA-256 of source, slot and content, hex. Throws a DecodeError when nothing can be counted.
 */
export async function tallyFile(_file: FlowFile, _config: Config, _fingerprint: string): Promise<Tally> {
  throw new Error('not written yet')
}
