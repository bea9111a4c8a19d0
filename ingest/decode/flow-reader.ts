import { createHash } from 'node:crypto'
import type { FlowFileSummary } from '../model/flow-batch.ts'
import type { ByteSource } from './bytes.ts'
import type { EmitBatch } from './decoder.ts'
import { decodeFlowFile } from './index.ts'

/** Reads a flow file from its first byte to its last, here or in another thread, each time it is called. Throws what `decodeFlowFile` throws. */
export type FlowReader = (emit: EmitBatch) => Promise<ReadFile>

export interface ReadFile {
  readonly summary: FlowFileSummary
  /** SHA-256 of all bytes, those too that the decoder left unread. */
  readonly content: string
}

/** `chunks`: the file's bytes, from the first on, each time it is called. */
export function createFlowReader(chunks: () => ByteSource, timeZone: string): FlowReader {
  return async (emit) => {
    const hash = createHash('sha256')
    const hashed = hashedOnTheWay(chunks(), hash)
    const summary = await decodeFlowFile(hashed, emit, timeZone)
    for await (const _ of hashed) {
      // What the decoder left unread is part of the content all the same.
    }
    return { summary, content: hash.digest('hex') }
  }
}

/** One iterator: whoever comes later goes on where the first stopped. */
function hashedOnTheWay(chunks: ByteSource, hash: ReturnType<typeof createHash>): ByteSource {
  const iterator = chunks[Symbol.asyncIterator]()
  return {
    [Symbol.asyncIterator]: () => ({
      async next(place) {
        const step = await iterator.next(place)
        if (step.done !== true) hash.update(step.value)
        return step
      },
    }),
  }
}
