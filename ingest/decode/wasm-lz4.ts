import { CODE } from './lz4.wasm.ts'

/** What is used of it; Node has it, its types do not. */
const { WebAssembly } = globalThis as unknown as {
  WebAssembly: {
    Memory: new (size: { initial: number; maximum: number }) => { readonly buffer: ArrayBuffer }
    Module: new (code: Uint8Array) => object
    Instance: new (module: object, imports: object) => { readonly exports: object }
  }
}

interface Lz4 {
  /** See `../assembly/lz4.ts`. */
  unpack(from: number, end: number, start: number, limit: number): number
}

const PAGE = 65_536
/** What `unpack` wants before each of its places. */
const SLACK = 64

/**
 * Makes a function that unpacks LZ4 blocks (not frames) into at most `room` bytes. It has memory with room for `most` bytes on either
 * side, of which the system gives what is touched; what it returns is good until the next call. Throws when a block is damaged, or
 * needs more room.
 */
export function createLz4(most: number): (block: Uint8Array, room: number) => Uint8Array {
  const pages = Math.ceil((SLACK + most) / PAGE) * 2
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages })
  const module = new WebAssembly.Module(Buffer.from(CODE, 'base64'))
  const { unpack } = new WebAssembly.Instance(module, { env: { memory } }).exports as Lz4
  const bytes = new Uint8Array(memory.buffer)
  const [from, start] = [SLACK, (pages / 2) * PAGE + SLACK]
  return (block, room) => {
    bytes.set(block, from)
    const length = unpack(from, from + block.length, start, start + room)
    if (length < 0) throw new RangeError(`damaged, or more than ${room} bytes come out of it`)
    return bytes.subarray(start, start + length)
  }
}
