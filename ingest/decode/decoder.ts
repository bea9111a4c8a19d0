import type { FlowBatch, FlowFileSummary, FlowsSoFar } from '../model/flow-batch.ts'
import type { ByteReader } from './bytes.ts'

/**
 * A file format. To add one: a file with one of these, a line in `index.ts`, a fixture pair.
 * A decoder knows bytes and nothing else: no config, no paths.
 */
export interface Decoder {
  /** What `inspect` calls the format. */
  readonly name: string
  /** Looks at the first bytes (at most 64, fewer when the file is shorter). */
  recognizes(head: Uint8Array): boolean
  /**
   * Reads the file from its first byte and hands on its flows, batch by batch; the batch and its columns are
   * reused after `emit` returns. Good records before damage are always handed on. Throws a DecodeError when the
   * file holds nothing that can be trusted; damage further in is a warning in the summary. `timeZone`, an IANA name, is for
   * formats that give local times without their zone.
   */
  decode(bytes: ByteReader, emit: EmitBatch, timeZone: string): Promise<FlowFileSummary>
}

/** Takes a batch from a decoder. */
export interface EmitBatch {
  /** `known`: what is sure of the file with this batch. */
  (batch: FlowBatch, known: FlowsSoFar): void
  /** Gives an empty batch in the heap of this thread: flows in it need no copy. A decoder may fill it, and must emit it, before it asks for another. */
  readonly nextBatch?: () => FlowBatch
}
