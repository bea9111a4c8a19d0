import { createFlowReader, type FlowReader } from '../decode/flow-reader.ts'
import { readChunks } from '../store/files.ts'
import { Unreadable } from './flow-file.ts'

const CHUNK = 1 << 18

/** Reads the flow file behind a descriptor. What the system does not let us read is Unreadable. */
export function readDescriptor(descriptor: number, timeZone: string): FlowReader {
  const read = createFlowReader(async function* () {
    yield* readChunks(descriptor, CHUNK)
  }, timeZone)
  return (emit) =>
    read(emit).catch((error: unknown) => {
      throw error instanceof Error && 'syscall' in error ? new Unreadable(error.message, { cause: error }) : error
    })
}
