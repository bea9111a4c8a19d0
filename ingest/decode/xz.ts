import { createRequire } from 'node:module'
import { createGrowth, type UnpackEnd } from './unpacking.ts'

/** What the library's error says where the file ends too early (XZ_BUF_ERROR); it has no code of its own. */
const ENDS_EARLY = /error code 8$/

/** Unpacks an xz file of any number of streams, with dictionaries of up to 64 MiB (`xz -9`); tells how it ended by what the generator returns. */
export async function* unxz(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, UnpackEnd> {
  const { XzReadableStream } = createRequire(import.meta.url)('xz-decompress') as typeof import('xz-decompress')
  const growth = createGrowth()
  let read = 0
  const counted = ReadableStream.from(
    (async function* () {
      for await (const bytes of source) {
        read += bytes.length
        yield bytes.slice()
      }
    })(),
  )
  try {
    for await (const chunk of new XzReadableStream(counted)) {
      const bomb = growth.add(read - growth.read, [chunk])
      if (bomb !== null) return bomb
      yield chunk
    }
    return { kind: 'end', trailing: 0 }
  } catch (error) {
    const { message } = error as Error
    return ENDS_EARLY.test(message) ? { kind: 'truncated' } : { kind: 'damaged', read, message }
  }
}
