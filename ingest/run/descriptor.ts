import { readSync } from 'node:fs'
import type { ByteSource } from '../decode/bytes.ts'
import { createFlowReader, type FlowReader } from '../decode/flow-reader.ts'
import { Deferred, isGone, Unreadable } from './flow-file.ts'

const CHUNK = 1 << 18

/** Reads the flow file behind a descriptor. What the system does not let us read is Unreadable; what has gone from a server is Deferred. */
export function readDescriptor(descriptor: number, timeZone: string): FlowReader {
  const read = createFlowReader(() => chunksOf(descriptor), timeZone)
  return (emit) => read(emit).catch(refuseToRead)
}

/** The bytes of an open file from its beginning, however often it was read. */
function chunksOf(descriptor: number): ByteSource {
  let at = 0
  let own: Uint8Array | undefined
  return {
    [Symbol.asyncIterator]: () => ({
      async next(given) {
        if (given === undefined) own ??= new Uint8Array(CHUNK)
        const place = given ?? own!
        const length = readSync(descriptor, place, 0, place.length, at)
        at += length
        return length === 0 ? { done: true, value: undefined } : { value: place.subarray(0, length) }
      },
    }),
  }
}

function refuseToRead(error: unknown): never {
  if (!(error instanceof Error && 'syscall' in error)) throw error
  throw isGone(error) ? new Deferred('it has gone') : new Unreadable(error.message, { cause: error })
}
