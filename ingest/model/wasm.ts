/** What is used of it; Node has it, its types do not. */
const { WebAssembly } = globalThis as unknown as {
  WebAssembly: {
    Memory: new (pages: { initial: number }) => WasmMemory
    Module: new (code: Uint8Array) => object
    Instance: new (module: object, imports: object) => { readonly exports: object }
  }
}

/** Memory that JavaScript and WebAssembly see. */
export interface WasmMemory {
  readonly buffer: ArrayBuffer
}

const PAGE = 65_536

/** At least so many bytes, all zero; the system gives those that are touched. */
export function createWasmMemory(bytes: number): WasmMemory {
  return new WebAssembly.Memory({ initial: Math.ceil(bytes / PAGE) })
}

/** The functions of a module of `ingest/assembly` (its code in base64), at work on a memory. */
export function startWasm<Functions>(code: string, memory: WasmMemory): Functions {
  const module = new WebAssembly.Module(Buffer.from(code, 'base64'))
  return new WebAssembly.Instance(module, { env: { memory } }).exports as Functions
}
