/** What is used of it; Node has it, its types do not. */
const { WebAssembly } = globalThis as unknown as {
  WebAssembly: {
    Memory: new (pages: { initial: number; maximum?: number; shared?: true }) => WasmMemory & SharedWasmMemory
    Module: new (code: Uint8Array) => object
    Instance: new (module: object, imports: object) => { readonly exports: object }
  }
}

/** Memory that JavaScript and WebAssembly see. */
export interface WasmMemory {
  readonly buffer: ArrayBuffer
}

/** Memory that other threads see too. What was seen of it before it grew goes on to be seen. */
export interface SharedWasmMemory {
  readonly buffer: SharedArrayBuffer
  grow(pages: number): number
}

export const PAGE = 65_536

/** At least so many bytes, all zero; the system gives those that are touched. */
export function createWasmMemory(bytes: number): WasmMemory {
  return new WebAssembly.Memory({ initial: Math.ceil(bytes / PAGE) })
}

/** The same, but it can grow to `most` bytes. */
export function createSharedWasmMemory(bytes: number, most: number): SharedWasmMemory {
  return new WebAssembly.Memory({ initial: Math.ceil(bytes / PAGE), maximum: Math.ceil(most / PAGE), shared: true })
}

/** The functions of a module of `ingest/assembly` (its code in base64), at work on a memory; `called`: what it calls, by file and name. */
export function startWasm<Functions>(
  code: string,
  memory: WasmMemory | SharedWasmMemory,
  called: { readonly [file: string]: { readonly [name: string]: (...numbers: number[]) => void } } = {},
): Functions {
  const module = new WebAssembly.Module(Buffer.from(code, 'base64'))
  return new WebAssembly.Instance(module, { env: { memory }, ...called }).exports as Functions
}
