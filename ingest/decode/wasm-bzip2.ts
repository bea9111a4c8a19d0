/** Unpacks a whole bzip2 stream into at most `room` bytes. Throws when it is damaged, ends too early, or needs more. */
export type UnpackBzip2 = (stream: Uint8Array, room: number) => Uint8Array

let loaded: Promise<UnpackBzip2> | undefined

/** Loads the bzip2 library, once per process. */
export function loadBzip2(): Promise<UnpackBzip2> {
  loaded ??= load()
  return loaded
}

async function load(): Promise<UnpackBzip2> {
  const { default: Bzip2 } = await import('@foxglove/wasm-bz2')
  const decoder = await withoutListeners(() => Bzip2.init())
  return (stream, room) => decoder.decompress(stream, room)
}

/** The library's start-up code answers errors that nobody caught; that is the program's to do. */
function withoutListeners<T>(start: () => T): T {
  const before = new Set([...process.listeners('uncaughtException'), ...process.listeners('unhandledRejection')])
  const result = start()
  for (const listener of process.listeners('uncaughtException'))
    if (!before.has(listener)) process.off('uncaughtException', listener)
  for (const listener of process.listeners('unhandledRejection'))
    if (!before.has(listener)) process.off('unhandledRejection', listener)
  return result
}
