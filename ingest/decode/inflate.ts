import { constants, createGunzip, createInflate } from 'node:zlib'
import { createGrowth, type UnpackEnd } from './unpacking.ts'

/** Small slices bound what a bomb can unpack (1,030 times its size) before anyone looks; those of one that looks like a bomb are smaller. */
const SLICE = 32_768
const WARY_SLICE = 2048
/** Flows hardly shrink more. */
const USUAL_RATIO = 64
const OUTPUT_CHUNK = 1 << 18

/**
 * Unpacks one zlib stream (RFC 1950) or a gzip file of any number of members (RFC 1952); tells how it ended by what the
 * generator returns. Everything that was unpacked before the end was handed on. The next slice is unpacked in another
 * thread while the consumer works on the last.
 */
export async function* inflate(
  source: AsyncIterable<Uint8Array>,
  format: 'zlib' | 'gzip' = 'zlib',
): AsyncGenerator<Uint8Array, UnpackEnd> {
  const stream = (format === 'zlib' ? createInflate : createGunzip)({ chunkSize: OUTPUT_CHUNK })
  const unpacked: Uint8Array[] = []
  const growth = createGrowth()
  let failure: (Error & { errno?: number }) | undefined
  let isEnded = false
  let size = SLICE
  stream.on('data', (chunk: Uint8Array) => unpacked.push(chunk))
  stream.on('error', (error) => {
    failure = error
  })
  stream.on('end', () => {
    isEnded = true
  })
  const closed = new Promise<void>((resolve) => stream.once('close', resolve))
  let written: Promise<unknown> = Promise.resolve()

  try {
    for await (const bytes of source) {
      for (let at = 0; at < bytes.length; ) {
        await written
        const ready = unpacked.splice(0)
        const bomb = growth.add(0, ready)
        if (bomb !== null) return bomb
        if (failure !== undefined || isEnded) {
          yield* ready
          return failure !== undefined ? damaged(failure) : ended(await countRest(source, bytes.length - at))
        }
        const unpackedLength = ready.reduce((sum, { length }) => sum + length, 0)
        size = unpackedLength > size * USUAL_RATIO ? WARY_SLICE : SLICE
        const slice = bytes.slice(at, at + size)
        at += slice.length
        growth.add(slice.length, [])
        written = Promise.race([new Promise<void>((resolve) => stream.write(slice, () => resolve())), closed])
        yield* ready
      }
    }
    if (!isEnded && failure === undefined) {
      stream.end()
      await closed
    }
    const bomb = growth.add(0, unpacked)
    if (bomb !== null) return bomb
    yield* unpacked
    if (failure === undefined) return ended(0)
    return failure.errno === constants.Z_BUF_ERROR ? { kind: 'truncated' } : damaged(failure)
  } finally {
    stream.destroy()
  }

  function ended(unread: number): UnpackEnd {
    return { kind: 'end', trailing: growth.read + unread - stream.bytesWritten }
  }

  function damaged({ message }: Error): UnpackEnd {
    return { kind: 'damaged', read: stream.bytesWritten, message }
  }
}

async function countRest(source: AsyncIterable<Uint8Array>, already: number): Promise<number> {
  let count = already
  for await (const bytes of source) count += bytes.length
  return count
}
