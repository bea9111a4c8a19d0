import { constants, createInflate } from 'node:zlib'

/** Small slices bound what a bomb can unpack before anyone looks. */
const SLICE = 16_384
const OUTPUT_CHUNK = 1 << 18
/** Flow records shrink by 3 to 60; a stream that grows by more than this, beyond some free room, is no flow file. */
const MOST_RATIO = 256
const FREE_OUTPUT = 64 * 1024 * 1024

/** How a compressed stream ended. */
export type InflateEnd =
  | { kind: 'end'; trailing: number }
  | { kind: 'truncated' }
  | { kind: 'damaged'; read: number; message: string }
  | { kind: 'bomb'; read: number; written: number }

/**
 * Unpacks one zlib stream (RFC 1950) from `source`; tells how it ended by what the generator returns. Everything that
 * was unpacked before the end was handed on. `read` and `written` count bytes of the stream.
 */
export async function* inflate(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, InflateEnd> {
  const stream = createInflate({ chunkSize: OUTPUT_CHUNK })
  const unpacked: Uint8Array[] = []
  let failure: (Error & { errno?: number }) | undefined
  let isEnded = false
  let read = 0
  let written = 0
  stream.on('data', (chunk: Uint8Array) => unpacked.push(chunk))
  stream.on('error', (error) => {
    failure = error
  })
  stream.on('end', () => {
    isEnded = true
  })
  const closed = new Promise<void>((resolve) => stream.once('close', resolve))
  const take = () => {
    const chunks = unpacked.splice(0)
    for (const chunk of chunks) written += chunk.length
    return chunks
  }

  for await (const bytes of source) {
    for (let at = 0; at < bytes.length; at += SLICE) {
      if (failure !== undefined) return damaged(failure)
      if (isEnded) return ended(await countRest(source, bytes.length - at))
      const slice = bytes.slice(at, at + SLICE)
      const done = new Promise<void>((resolve) => stream.write(slice, () => resolve()))
      await Promise.race([done, closed])
      read += slice.length
      yield* take()
      if (written > FREE_OUTPUT + read * MOST_RATIO) {
        stream.destroy()
        return { kind: 'bomb', read, written }
      }
    }
  }
  if (!isEnded && failure === undefined) {
    stream.end()
    await closed
    yield* take()
  }
  if (failure === undefined) return ended(0)
  return failure.errno === constants.Z_BUF_ERROR ? { kind: 'truncated' } : damaged(failure)

  function ended(unread: number): InflateEnd {
    return { kind: 'end', trailing: read + unread - stream.bytesWritten }
  }

  function damaged({ message }: Error): InflateEnd {
    return { kind: 'damaged', read: stream.bytesWritten, message }
  }
}

async function countRest(source: AsyncIterable<Uint8Array>, already: number): Promise<number> {
  let count = already
  for await (const bytes of source) count += bytes.length
  return count
}
