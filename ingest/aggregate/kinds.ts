import { classifying } from '../classify/wasm-classify.ts'
import { EXIT, UserError } from '../model/errors.ts'
import { BATCH_SIZE } from '../model/flow-batch.ts'
import type { Room } from '../model/heap.ts'
import { SLOTS_REACHED } from './spread.ts'
import { CARRY, type Sums } from './sums.ts'
import { CAPACITY, capacityFor, counting, createTable, SIZE } from './wasm-count.ts'

/** A row: slot with direction and scope, two words of packed codes, their hash; then octets, packets, flows in doubles. */
const ROW_WORDS = 10
const ROW_DOUBLES = ROW_WORDS / 2
const FIRST_COUNTER = 2

/** Flows, or pieces of them, as columns in the heap. */
export interface KindRows {
  length: number
  readonly slotWord: Uint32Array
  readonly codeWord0: Uint32Array
  readonly codeWord1: Uint32Array
  readonly octets: Float64Array
  readonly packets: Float64Array
  readonly flows: Float64Array
}

export function createKindRows(room: Room, size: number): KindRows {
  const words = () => new Uint32Array(...room.allocate(size * 4), size)
  const doubles = () => new Float64Array(...room.allocate(size * 8), size).fill(0)
  return {
    length: 0,
    slotWord: words(),
    codeWord0: words(),
    codeWord1: words(),
    octets: doubles(),
    packets: doubles(),
    flows: doubles(),
  }
}

/**
 * Flows added up by kind. Flows of one kind (same slot, direction, and same code in every dimension) count for the same
 * cells, so they are added here first, one look-up per flow, and the cells are worked out once per kind.
 */
export interface Kinds {
  /** Hot: adds rows; at most a batch and the pieces of one flow. */
  add(rows: KindRows): void
  /** True when it has grown as large as it may: `drain` before adding more. */
  isFull(): boolean
  /** Hands over every kind and forgets it; what was carried comes apart, in whole multiples of `CARRY`. */
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

/**
 * A table of rows by key (`../assembly/kinds.ts`), in a room that belongs to the caller. `seed` makes chosen collisions useless; `limit` kinds
 * bound the memory (about 60 bytes each).
 */
export function createKinds(room: Room, seed: number, limit = 262_144): Kinds {
  const { at, words, rowWords, rowDoubles } = createTable(room, seed, {
    rowBytes: ROW_WORDS * 4,
    most: limit + BATCH_SIZE + SLOTS_REACHED,
    limit,
  })
  const counters: Sums = { sums: rowDoubles, carries: new Map() }
  counting().enterKinds(at, capacityFor(0))

  return {
    add({ length, slotWord, codeWord0, codeWord1, octets, packets, flows }) {
      const { addKinds, found } = counting(counters)
      const keys = [slotWord.byteOffset, codeWord0.byteOffset, codeWord1.byteOffset] as const
      addKinds(at, length, ...keys, octets.byteOffset, packets.byteOffset, flows.byteOffset, found)
    },
    isFull: () => words[SIZE]! >= limit,
    drain(each) {
      const { sums, carries } = counters
      for (let row = 0; row < words[SIZE]!; row++) {
        const [key, from] = [row * ROW_WORDS, row * ROW_DOUBLES + FIRST_COUNTER]
        each(rowWords[key]!, rowWords[key + 1]!, rowWords[key + 2]!, sums[from]!, sums[from + 1]!, sums[from + 2]!)
      }
      for (const [place, times] of carries) {
        const key = Math.floor(place / ROW_DOUBLES) * ROW_WORDS
        const of = (measure: number) => (place % ROW_DOUBLES === FIRST_COUNTER + measure ? times * CARRY : 0)
        each(rowWords[key]!, rowWords[key + 1]!, rowWords[key + 2]!, of(0), of(1), of(2))
      }
      carries.clear()
      words[SIZE] = 0
      counting().enterKinds(at, words[CAPACITY]!)
    },
  }
}

/** How the codes of all dimensions are packed into two words, and taken out again. */
export interface CodePacking {
  /** Packs the codes of the first `length` flows; `codes` holds a column per dimension, all in the heap. */
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
        const packed = word[dimension] === 0 ? word0 : word1
        classifying().packCodes(length, codes[dimension]!.byteOffset, factor[dimension]!, packed.byteOffset)
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
