import type { ZSTDDecoder } from 'zstddec/stream'

/** Gives what comes next, or throws where the stream is not whole at the end of its chunks. */
export type UnpackMore = () => IteratorResult<Uint8Array, unknown>

/** What is used of it; Node has it, its types do not. */
const { WebAssembly } = globalThis as unknown as {
  WebAssembly: { instantiate(module: object, imports: object): Promise<object> }
}

interface Loaded {
  readonly decoder: ZSTDDecoder
  readonly module: object
}

let loaded: Promise<Loaded> | undefined

/**
 * Begins to unpack a zstd stream. The library has one memory for all streams, and what a stream holds stays in it unless that is
 * read to its end, which a damaged one has not. So each has a memory of its own here, handed to the library for every
 * step, and gone with the stream.
 */
export async function openZstdStream(chunks: Iterable<Uint8Array>): Promise<UnpackMore> {
  loaded ??= load()
  const { decoder, module } = await loaded
  const use = () => decoder._init({ module, instance })
  const instance = await WebAssembly.instantiate(module, { env: { emscripten_notify_memory_growth: use } })
  const unpacked = decoder.decodeStreaming(chunks)
  return () => {
    use()
    return unpacked.next()
  }
}

/** Loads the library, once per process, and keeps its code. */
async function load(): Promise<Loaded> {
  const { ZSTDDecoder } = await import('zstddec/stream')
  const decoder = new ZSTDDecoder()
  const use = decoder._init
  const module = await new Promise<object>((resolve, reject) => {
    decoder._init = (started: { module: object }) => {
      use(started)
      resolve(started.module)
    }
    decoder.init().catch(reject)
  })
  decoder._init = use
  return { decoder, module }
}
