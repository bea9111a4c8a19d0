import { createHash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import type { EmitBatch } from '../decode/decoder.ts'
import { createFlowReader, type FlowReader } from '../decode/flow-reader.ts'
import { decodeFlowFile } from '../decode/index.ts'
import type { FlowFileSummary } from '../model/flow-batch.ts'
import { readChunks } from '../store/files.ts'
import { Deferred, isGone, Unreadable } from './flow-file.ts'

const CHUNK = 1 << 18

/** Reads the flow file behind a descriptor. What the system does not let us read is Unreadable; what has gone from a server is Deferred. */
export function readDescriptor(descriptor: number, timeZone: string): FlowReader {
  const read = createFlowReader(() => chunksOf(descriptor), timeZone)
  return (emit) => read(emit).catch(refuseToRead)
}

/** The half of `readDescriptor` that decodes. */
export function decodeDescriptor(descriptor: number, timeZone: string, emit: EmitBatch): Promise<FlowFileSummary> {
  return decodeFlowFile(chunksOf(descriptor), emit, timeZone).catch(refuseToRead)
}

/** The other half: SHA-256 of all bytes, worked at whenever this thread has nothing else to do. `isWanted`: asked on the way; if not, what there is so far. */
export async function hashDescriptor(descriptor: number, isWanted: () => boolean): Promise<string> {
  const hash = createHash('sha256')
  try {
    for (const bytes of readChunks(descriptor, CHUNK)) {
      hash.update(bytes)
      await setImmediate()
      if (!isWanted()) break
    }
  } catch (error) {
    refuseToRead(error)
  }
  return hash.digest('hex')
}

async function* chunksOf(descriptor: number): AsyncGenerator<Uint8Array> {
  yield* readChunks(descriptor, CHUNK)
}

function refuseToRead(error: unknown): never {
  if (!(error instanceof Error && 'syscall' in error)) throw error
  throw isGone(error) ? new Deferred('it has gone') : new Unreadable(error.message, { cause: error })
}
