import { setFlagsFromString } from 'node:v8'

/*
 * V8 optimizes a function once it has run through so many bytes of code. Its own number is meant for what goes on for hours; a run is short, and
 * what runs per flow in it is WebAssembly and does not wait for it. But Node carries its own modules compiled for V8 as it is, and compiles
 * them anew, 20 ms for those of a thread, where they are loaded under any other setting.
 */

/** V8's own. With it set again, V8 is as it was. */
const OWN = 67_584

let wanted = OWN
let loading = 0

/** From now on, unless modules are being loaded. */
export function optimizeAfter(bytes: number): void {
  wanted = bytes
  set()
}

/** Somebody, a thread too, loads modules of Node until the returned function is called. */
export function whileLoading(): () => void {
  loading++
  set()
  let isOver = false
  return () => {
    if (isOver) return
    isOver = true
    loading--
    set()
  }
}

function set(): void {
  setFlagsFromString(`--interrupt-budget=${loading > 0 ? OWN : wanted}`)
}
