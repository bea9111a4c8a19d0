import { createHash } from 'node:crypto'

/*
 * Hot: hashes of code words and of addresses, mixed with a seed that nobody who writes flows knows. The keys are 3 and 4
 * words long and always present whole, so there is no length to mix in.
 */

/** Multiply, shift and xor, after MurmurHash3. */
export function hash3(a: number, b: number, c: number, seed: number): number {
  let mixed = Math.imul(a ^ seed, 0xcc9e2d51)
  mixed = Math.imul(mixed ^ (mixed >>> 15) ^ b, 0x1b873593)
  mixed = Math.imul(mixed ^ (mixed >>> 15) ^ c, 0x85ebca6b)
  return finish(mixed)
}

/** What addresses are mixed with: nobody who does not know the seed can choose addresses whose hashes meet. */
export interface AddressKey {
  /** For each of the first twelve bytes of an address, a word for every value it can have (tabulation hashing: Zobrist, 1970). */
  readonly wordOfByte: Uint32Array
  /** Odd: an address's last word times it is another word for every other address. */
  readonly factor: number
}

export function createAddressKey(seed: number): AddressKey {
  const digest = createHash('shake256', { outputLength: (12 * 256 + 1) * 4 })
    .update(String(seed))
    .digest()
  const words = new Uint32Array(Uint8Array.from(digest).buffer)
  return { wordOfByte: words.subarray(1), factor: words[0]! | 1 }
}

/** In two steps, so that what all IPv4 addresses begin with is mixed once: `hashWord(d, mix3(a, b, c, key), key.factor)`. */
export function mix3(a: number, b: number, c: number, { wordOfByte }: AddressKey): number {
  return mixWord(a, wordOfByte, 0) ^ mixWord(b, wordOfByte, 1024) ^ mixWord(c, wordOfByte, 2048)
}

function mixWord(word: number, wordOfByte: Uint32Array, from: number): number {
  return (
    wordOfByte[from + (word >>> 24)]! ^
    wordOfByte[from + 256 + ((word >>> 16) & 255)]! ^
    wordOfByte[from + 512 + ((word >>> 8) & 255)]! ^
    wordOfByte[from + 768 + (word & 255)]!
  )
}

/** For equal `mixed` it gives every word a hash of its own: each step can be undone. */
export function hashWord(d: number, mixed: number, factor: number): number {
  return finish(Math.imul(mixed ^ d, factor))
}

/** A signed 32-bit number. */
function finish(mixed: number): number {
  const folded = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return folded ^ (folded >>> 16)
}
