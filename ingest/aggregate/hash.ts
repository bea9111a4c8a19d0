/*
 * Hot: hashes of address and code words, mixed with a seed that nobody who writes flows knows (multiply, shift and
 * xor, after MurmurHash3). The keys are 3 and 4 words long and always present whole, so there is no length to mix in.
 */

export function hash3(a: number, b: number, c: number, seed: number): number {
  let mixed = Math.imul(a ^ seed, 0xcc9e2d51)
  mixed = Math.imul(mixed ^ (mixed >>> 15) ^ b, 0x1b873593)
  mixed = Math.imul(mixed ^ (mixed >>> 15) ^ c, 0x85ebca6b)
  return finish(mixed)
}

/** In two steps, so that what all IPv4 addresses begin with is mixed once: `hashWord(d, mix3(a, b, c, seed))`. */
export function mix3(a: number, b: number, c: number, seed: number): number {
  let mixed = Math.imul(a ^ seed, 0xcc9e2d51)
  mixed = Math.imul(mixed ^ (mixed >>> 15) ^ b, 0x1b873593)
  mixed = Math.imul(mixed ^ (mixed >>> 15) ^ c, 0xe6546b65)
  return mixed ^ (mixed >>> 15)
}

export function hashWord(d: number, mixed: number): number {
  return finish(Math.imul(mixed ^ d, 0x85ebca6b))
}

/** A signed 32-bit number. */
function finish(mixed: number): number {
  const folded = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return folded ^ (folded >>> 16)
}
