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

export function hash4(a: number, b: number, c: number, d: number, seed: number): number {
  let mixed = Math.imul(a ^ seed, 0xcc9e2d51)
  mixed = Math.imul(mixed ^ (mixed >>> 15) ^ b, 0x1b873593)
  mixed = Math.imul(mixed ^ (mixed >>> 15) ^ c, 0xe6546b65)
  mixed = Math.imul(mixed ^ (mixed >>> 15) ^ d, 0x85ebca6b)
  return finish(mixed)
}

function finish(mixed: number): number {
  const folded = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (folded ^ (folded >>> 16)) >>> 0
}
