/** Of one block of nfcapd. The reference reader's buffer is 5 MiB; nothing writes blocks beyond 2. */
export const MOST_UNPACKED = 16 * 1024 * 1024
/** Flow records shrink by 3 to 60; what grows by more than this, beyond some free room, is no flow file. */
const MOST_RATIO = 256
const FREE_OUTPUT = 64 * 1024 * 1024

/** How a compressed stream ended. `read` and `written` count bytes of the stream before and after unpacking. */
export type UnpackEnd =
  | { kind: 'end'; trailing: number }
  | { kind: 'truncated' }
  | { kind: 'damaged'; read: number; message: string }
  | Bomb

type Bomb = { kind: 'bomb'; read: number; written: number }

/** Watches how much a stream grows. */
export interface Growth {
  readonly read: number
  readonly written: number
  /** Counts bytes that go in and the lengths of what came out; tells when that is more than a flow file gives. */
  add(read: number, unpacked: readonly { readonly length: number }[]): Bomb | null
}

export function createGrowth(): Growth {
  let read = 0
  let written = 0
  return {
    get read() {
      return read
    },
    get written() {
      return written
    },
    add(more, unpacked) {
      read += more
      for (const { length } of unpacked) written += length
      return written > FREE_OUTPUT + read * MOST_RATIO ? { kind: 'bomb', read, written } : null
    },
  }
}
