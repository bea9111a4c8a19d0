/** From here on a call that copies is cheaper than a loop. */
const LONG = 48

/**
 * Unpacks one LZO1X stream (README, "LZO1X") into `output` and returns how many bytes of it are filled. Throws a
 * RangeError that names the byte when the stream is damaged, ends too early, or needs more room than `output` has.
 */
export function decompressLzo(input: Uint8Array, output: Uint8Array): number {
  let from = 0
  let to = 0
  /** Literals that the instruction before copied; 4 after a long run of them. */
  let state = 0
  let literals = 0
  if (input[0]! > 17) {
    literals = input[0]! - 17
    from = 1
    state = Math.min(literals, 4)
  }

  // Hot: runs once per instruction, some ten times per flow. A byte behind the end is `undefined`: seen by `from` before it counts.
  for (;;) {
    if (literals > 0) {
      checkRoom(literals, from, input.length, 'literals')
      checkRoom(literals, to, output.length, 'room')
      if (literals >= LONG) output.set(input.subarray(from, from + literals), to)
      else for (let at = 0; at < literals; at++) output[to + at] = input[from + at]!
      from += literals
      to += literals
      literals = 0
    }
    if (from >= input.length) throw new RangeError(`the stream ends at byte ${from} without its end mark`)
    const code = input[from++]!
    let length = 0
    let distance = 0
    if (code >= 64) {
      length = (code >> 5) + 1
      distance = ((code >> 2) & 7) + (input[from++]! << 3) + 1
      literals = code & 3
      state = literals
    } else if (code >= 16) {
      const short = code >= 32 ? code & 31 : code & 7
      length = short + 2
      if (short === 0) {
        const zeros = from
        while (input[from] === 0) from++
        length = (code >= 32 ? 33 : 9) + (from - zeros) * 255 + input[from++]!
      }
      const word = input[from]! | (input[from + 1]! << 8)
      from += 2
      literals = word & 3
      state = literals
      distance = (word >> 2) + 1
      if (code < 32) {
        distance += 16_383 + ((code & 8) << 11)
        if (distance === 16_384 && from <= input.length) return to
      }
    } else if (state === 0) {
      literals = code + 3
      if (code === 0) {
        const zeros = from
        while (input[from] === 0) from++
        literals = 18 + (from - zeros) * 255 + input[from++]!
      }
      state = 4
    } else {
      length = state === 4 ? 3 : 2
      distance = (code >> 2) + (input[from++]! << 2) + (state === 4 ? 2049 : 1)
      literals = code & 3
      state = literals
    }
    if (from > input.length) throw new RangeError(`the stream ends at byte ${input.length} within an instruction`)
    if (length === 0) continue
    if (distance > to) throw new RangeError(`byte ${from} refers ${distance} bytes back, but only ${to} are unpacked`)
    checkRoom(length, to, output.length, 'room')
    const source = to - distance
    if (length >= LONG && distance >= length) output.copyWithin(to, source, source + length)
    else for (let at = 0; at < length; at++) output[to + at] = output[source + at]!
    to += length
  }
}

function checkRoom(length: number, at: number, end: number, of: 'literals' | 'room'): void {
  if (at + length <= end) return
  if (of === 'room') throw new RangeError(`more than ${end} bytes come out of it`)
  throw new RangeError(`${length} literals at byte ${at}, but ${end - at} remain`)
}
