/**
 * Unpacks one LZO1X stream (README, "LZO1X") into `output` and returns how many bytes of it are filled. Throws a
 * RangeError that names the byte when the stream is damaged, ends too early, or needs more room than `output` has.
 */
export function decompressLzo(input: Uint8Array, output: Uint8Array): number {
  const inputEnd = input.length
  const room = output.length
  let from = 0
  let to = 0
  /** Literals that the instruction before copied; 4 after a long run of them. */
  let state = 0
  if (inputEnd > 0 && input[0]! > 17) {
    const literals = input[0]! - 17
    from = 1
    copyLiterals(literals)
    state = Math.min(literals, 4)
  }

  // Hot: runs once per instruction, some three times per flow.
  while (from < inputEnd) {
    const code = input[from++]!
    let length: number
    let distance: number
    let trailing: number
    if (code >= 64) {
      length = (code >> 5) + 1
      distance = ((code >> 2) & 7) + (next() << 3) + 1
      trailing = code & 3
    } else if (code >= 32) {
      length = (code & 31) + 2
      if (length === 2) length = 33 + extension()
      const word = next() | (next() << 8)
      distance = (word >> 2) + 1
      trailing = word & 3
    } else if (code >= 16) {
      length = (code & 7) + 2
      if (length === 2) length = 9 + extension()
      const word = next() | (next() << 8)
      distance = 16_384 + ((code & 8) << 11) + (word >> 2)
      trailing = word & 3
      if (distance === 16_384) return to
    } else if (state === 0) {
      copyLiterals(code === 0 ? 18 + extension() : code + 3)
      state = 4
      continue
    } else {
      length = state === 4 ? 3 : 2
      distance = (code >> 2) + (next() << 2) + (state === 4 ? 2049 : 1)
      trailing = code & 3
    }
    copyMatch(length, distance)
    if (trailing > 0) copyLiterals(trailing)
    state = trailing
  }
  throw new RangeError(`the stream ends at byte ${from} without its end mark`)

  function next(): number {
    if (from >= inputEnd) throw new RangeError(`the stream ends at byte ${from} within an instruction`)
    return input[from++]!
  }

  /** A length that does not fit its instruction goes on in bytes: 255 for each zero, then the first that is none. */
  function extension(): number {
    let zeros = 0
    while (from < inputEnd && input[from] === 0) {
      zeros++
      from++
    }
    return zeros * 255 + next()
  }

  function copyLiterals(length: number): void {
    if (from + length > inputEnd)
      throw new RangeError(`${length} literals at byte ${from}, but ${inputEnd - from} remain`)
    makeSure(length)
    if (length > 32) output.set(input.subarray(from, from + length), to)
    else for (let at = 0; at < length; at++) output[to + at] = input[from + at]!
    from += length
    to += length
  }

  function copyMatch(length: number, distance: number): void {
    if (distance > to) throw new RangeError(`byte ${from} refers ${distance} bytes back, but only ${to} are unpacked`)
    makeSure(length)
    const source = to - distance
    if (length > 32 && distance >= length) output.copyWithin(to, source, source + length)
    else for (let at = 0; at < length; at++) output[to + at] = output[source + at]!
    to += length
  }

  function makeSure(length: number): void {
    if (to + length > room) throw new RangeError(`more than ${room} bytes come out of it`)
  }
}
