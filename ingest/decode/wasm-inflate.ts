import { crc32 } from 'node:zlib'
import { createWasmMemory, startWasm } from '../model/wasm.ts'
import { CODE } from './inflate.wasm.ts'

/** See `../assembly/inflate.ts`. */
interface Functions {
  inflate(progress: number, at: number, end: number, history: number, out: number, limit: number): number
  addAdler32(sum: number, from: number, behind: number): number
}

/** A DEFLATE stream (RFC 1951) that is unpacked piece by piece. */
export interface Inflation {
  /** How many of the bytes given last are used. */
  readonly read: number
  /** Of all that was unpacked. */
  readonly checksum: number
  /** Takes the next bytes, at most `MOST_INPUT`, once it has asked for more: first those of the last that are not used yet. */
  give(bytes: Uint8Array): void
  /** Unpacks some of them; `unpacked` is good until the next call. */
  unpack(): { readonly unpacked: Uint8Array; readonly next: Next }
  /** It is done with; its memory may go to the next stream. */
  close(): void
}

export type Checksum = 'adler32' | 'crc32'

/** What a stream wants: to go on, further bytes, nothing (it has ended); or what is wrong with it. */
export type Next = 'go on' | 'more' | 'end' | { readonly damage: string }

/** What the calls tell, by number; the words are those of zlib. */
const NEXT: readonly Next[] = [
  'more',
  'go on',
  'end',
  { damage: 'invalid block type' },
  { damage: 'invalid stored block lengths' },
  { damage: 'too many length or distance symbols' },
  { damage: 'invalid code lengths set' },
  { damage: 'invalid bit length repeat' },
  { damage: 'invalid code -- missing end-of-block' },
  { damage: 'invalid literal/lengths set' },
  { damage: 'invalid distances set' },
  { damage: 'invalid literal/length code' },
  { damage: 'invalid distance code' },
  { damage: 'invalid distance too far back' },
]

export const MOST_INPUT = 1 << 18
/** So far back a match may go. */
const HISTORY = 1 << 15
/** Small enough to stay in the processor's cache. */
const OUTPUT = 1 << 18
/** Behind what the compiler keeps at the start; then tables, input, history, output. */
const PROGRESS = 4096
const INPUT = 1 << 15
const OUT = INPUT + MOST_INPUT + HISTORY
const END = OUT + OUTPUT
/** Of `Progress`, and where in it a call tells how far it came. */
const PROGRESS_BYTES = 40
const AT = PROGRESS + 24
const OUT_AT = PROGRESS + 28

type Memory = ReturnType<typeof createMemory>

/** Of streams that have ended: to make one takes longer than a small file. */
const idle: Memory[] = []

function createMemory() {
  const memory = createWasmMemory(END)
  const functions = startWasm<Functions>(CODE, memory)
  return { bytes: new Uint8Array(memory.buffer), view: new DataView(memory.buffer), ...functions }
}

/** Starts a stream. */
export function startInflation(checksum: Checksum): Inflation {
  const memory = idle.pop() ?? createMemory()
  const { bytes, view, inflate, addAdler32 } = memory
  bytes.fill(0, PROGRESS, PROGRESS + PROGRESS_BYTES)
  let [at, end] = [INPUT, INPUT]
  let out = OUT
  let history = OUT
  let sum = checksum === 'adler32' ? 1 : 0
  return {
    get read() {
      return at - INPUT
    },
    get checksum() {
      return sum
    },
    give(more) {
      bytes.set(more, INPUT)
      at = INPUT
      end = INPUT + more.length
    },
    unpack() {
      const kept = Math.min(out - history, HISTORY)
      bytes.copyWithin(OUT - kept, out - kept, out)
      history = OUT - kept
      const next = NEXT[inflate(PROGRESS, at, end, history, OUT, END)]!
      at = view.getUint32(AT, true)
      out = view.getUint32(OUT_AT, true)
      const unpacked = bytes.subarray(OUT, out)
      sum = checksum === 'adler32' ? addAdler32(sum, OUT, out) >>> 0 : crc32(unpacked, sum)
      return { unpacked, next }
    },
    close: () => void idle.push(memory),
  }
}
