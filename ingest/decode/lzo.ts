/**
 * Unpacks one LZO1X stream (README, "LZO1X") into `output` and returns how many bytes of it are filled. Throws a
 * RangeError that names the byte when the stream is damaged, ends too early, or needs more room than `output` has.
 */
export function decompressLzo(input: Uint8Array, output: Uint8Array): number {
  const inputView = new DataView(input.buffer, input.byteOffset, input.byteLength)
  const outputView = new DataView(output.buffer, output.byteOffset, output.byteLength)
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

  // Hot: runs once per instruction, some ten times per flow. A byte read behind the end is `undefined`; `from` tells before it counts.
  for (;;) {
    if (literals > 0) {
      checkRoom(literals, from, input.length, 'literals')
      checkRoom(literals, to, output.length, 'room')
      for (; literals >= 4; literals -= 4, from += 4, to += 4) {
        outputView.setInt32(to, inputView.getInt32(from, true), true)
      }
      for (; literals > 0; literals--) output[to++] = input[from++]!
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
    if (distance >= 4) {
      for (; length >= 4; length -= 4, to += 4) {
        outputView.setInt32(to, outputView.getInt32(to - distance, true), true)
      }
    }
    for (; length > 0; length--, to++) output[to] = output[to - distance]!
  }
}

function checkRoom(length: number, at: number, end: number, of: 'literals' | 'room'): void {
  if (at + length <= end) return
  if (of === 'room') throw new RangeError(`more than ${end} bytes come out of it`)
  throw new RangeError(`${length} literals at byte ${at}, but ${end - at} remain`)
}
