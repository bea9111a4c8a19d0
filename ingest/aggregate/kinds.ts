import { EXIT, UserError } from '../model/errors.ts'
import { hash3 } from './hash.ts'

/** Words of a key: slot with direction and scope, then two of packed codes. */
const WORDS = 3
/** Octets, packets, flows. */
const VALUES = 3
const EMPTY = 0xffffffff
const START_CAPACITY = 4096

/**
 * Flows added up by kind. Flows of one kind (same slot, direction, and same code in every dimension) count for the same
 * cells, so they are added here first, one look-up per flow, and the cells are worked out once per kind.
 */
export interface Kinds {
  /** Hot: adds to the kind of this key. */
  add(slotWord: number, codeWord0: number, codeWord1: number, octets: number, packets: number, flows: number): void
  /** True when it has grown as large as it may: `drain` before adding more. */
  isFull(): boolean
  /** Hands over every kind and forgets it. */
  drain(
    each: (
      slotWord: number,
      codeWord0: number,
      codeWord1: number,
      octets: number,
      packets: number,
      flows: number,
    ) => void,
  ): void
}

/** Open addressing over typed arrays; `seed` makes chosen collisions useless; `limit` kinds bound the memory (about 40 bytes each). */
export function createKinds(seed: number, limit = 262_144): Kinds {
  let capacity = START_CAPACITY
  let mask = capacity - 1
  let keys = new Uint32Array(capacity * WORDS).fill(EMPTY)
  let values = new Float64Array(capacity * VALUES)
  let size = 0

  // Hot: the place of a key, or the empty place where it belongs.
  function find(a: number, b: number, c: number): number {
    let place = hash3(a, b, c, seed) & mask
    for (;;) {
      const at = place * WORDS
      const found = keys[at]!
      if (found === EMPTY || (found === a && keys[at + 1] === b && keys[at + 2] === c)) return place
      place = (place + 1) & mask
    }
  }

  function resize(to: number): void {
    const oldKeys = keys
    const oldValues = values
    capacity = to
    mask = capacity - 1
    keys = new Uint32Array(capacity * WORDS).fill(EMPTY)
    values = new Float64Array(capacity * VALUES)
    for (let at = 0, from = 0; at < oldKeys.length; at += WORDS, from += VALUES) {
      if (oldKeys[at] === EMPTY) continue
      const place = find(oldKeys[at]!, oldKeys[at + 1]!, oldKeys[at + 2]!)
      keys.set(oldKeys.subarray(at, at + WORDS), place * WORDS)
      values.set(oldValues.subarray(from, from + VALUES), place * VALUES)
    }
  }

  return {
    add(slotWord, codeWord0, codeWord1, octets, packets, flows) {
      const place = find(slotWord, codeWord0, codeWord1)
      const at = place * WORDS
      const to = place * VALUES
      values[to]! += octets
      values[to + 1]! += packets
      values[to + 2]! += flows
      if (keys[at] !== EMPTY) return
      keys[at] = slotWord
      keys[at + 1] = codeWord0
      keys[at + 2] = codeWord1
      size++
      if (size * 2 > capacity) resize(capacity * 2)
    },
    isFull: () => size >= limit,
    drain(each) {
      for (let at = 0, from = 0; at < keys.length; at += WORDS, from += VALUES) {
        if (keys[at] === EMPTY) continue
        each(keys[at]!, keys[at + 1]!, keys[at + 2]!, values[from]!, values[from + 1]!, values[from + 2]!)
      }
      keys.fill(EMPTY)
      values.fill(0)
      size = 0
    },
  }
}

/** How the codes of all dimensions are packed into two words, and taken out again. */
export interface CodePacking {
  /** Hot: packs the codes of the first `length` flows; `codes` holds a column per dimension. */
  pack(codes: readonly Uint32Array[], length: number, word0: Uint32Array, word1: Uint32Array): void
  /** Writes the codes, one per dimension, into `codes`. */
  unpack(word0: number, word1: number, codes: number[]): void
}

/** `sizes`: how many codes each dimension has. Mixed radix: each dimension goes where it still fits, the largest first. */
export function createCodePacking(sizes: readonly number[]): CodePacking {
  const word = new Uint8Array(sizes.length)
  const factor = new Array<number>(sizes.length).fill(1)
  const used: [number, number] = [1, 1]
  const bySize = sizes.map((_, index) => index).sort((a, b) => sizes[b]! - sizes[a]!)
  for (const dimension of bySize) {
    const fits = ([0, 1] as const).find((candidate) => used[candidate] * sizes[dimension]! <= 0x1_0000_0000)
    if (fits === undefined) {
      throw new UserError(
        'config: the dimensions together have too many members to count; the product of their sizes must stay below 2^64: drop some networks or services',
        EXIT.config,
      )
    }
    word[dimension] = fits
    factor[dimension] = used[fits]
    used[fits] *= sizes[dimension]!
  }
  return {
    pack(codes, length, word0, word1) {
      word0.fill(0, 0, length)
      word1.fill(0, 0, length)
      for (let dimension = 0; dimension < codes.length; dimension++) {
        addColumn(codes[dimension]!, factor[dimension]!, word[dimension] === 0 ? word0 : word1, length)
      }
    },
    unpack(word0, word1, codes) {
      for (let dimension = 0; dimension < sizes.length; dimension++) {
        const packed = word[dimension] === 0 ? word0 : word1
        codes[dimension] = Math.floor(packed / factor[dimension]!) % sizes[dimension]!
      }
    },
  }
}

// Hot: runs once per flow and dimension.
function addColumn(column: Uint32Array, factor: number, word: Uint32Array, length: number): void {
  for (let i = 0; i < length; i++) word[i]! += column[i]! * factor
}
