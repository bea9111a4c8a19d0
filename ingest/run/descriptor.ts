import { createFlowReader, type FlowReader } from '../decode/flow-reader.ts'
import { readChunks } from '../store/files.ts'
import { Deferred, isGone, Unreadable } from './flow-file.ts'

const CHUNK = 1 << 18

/** Reads the flow file behind a descriptor. What the system does not let us read is Unreadable; what has gone from a server is Deferred. */
export function readDescriptor(descriptor: number, timeZone: string): FlowReader {
  const read = createFlowReader(() => chunksOf(descriptor), timeZone)
  return (emit) => read(emit).catch(refuseToRead)
}

async function* chunksOf(descriptor: number): AsyncGenerator<Uint8Array> {
  yield* readChunks(descriptor, CHUNK)
}

function refuseToRead(error: unknown): never {
  if (!(error instanceof Error && 'syscall' in error)) throw error
  throw isGone(error) ? new Deferred('it has gone') : new Unreadable(error.message, { cause: error })
}
