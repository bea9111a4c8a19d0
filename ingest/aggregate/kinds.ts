import { EXIT, UserError } from '../model/errors.ts'
import { BATCH_SIZE } from '../model/flow-batch.ts'
import { hash3 } from './hash.ts'
import { SLOTS_REACHED } from './spread.ts'
import { addCounts, CARRY, createSums } from './sums.ts'

/** Words of a key: slot with direction and scope, then two of packed codes. */
const WORDS = 3
/** Octets, packets, flows. */
const VALUES = 3
const START_CAPACITY = 4096

/** Flows, or pieces of them, as columns. */
export interface KindRows {
  length: number
  readonly slotWord: Uint32Array
  readonly codeWord0: Uint32Array
  readonly codeWord1: Uint32Array
  readonly octets: Float64Array
  readonly packets: Float64Array
  readonly flows: Float64Array
}

export function createKindRows(size: number): KindRows {
  return {
    length: 0,
    slotWord: new Uint32Array(size),
    codeWord0: new Uint32Array(size),
    codeWord1: new Uint32Array(size),
    octets: new Float64Array(size),
    packets: new Float64Array(size),
    flows: new Float64Array(size),
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
 * Open addressing: a table of hash and row + 1 (0: free) over dense rows, so that growing moves only the table. `seed`
 * makes chosen collisions useless; `limit` kinds bound the memory (about 60 bytes each).
 */
export function createKinds(seed: number, limit = 262_144): Kinds {
  let capacity = START_CAPACITY
  let mask = capacity * 2 - 1
  let table = new Int32Array(capacity * 4)
  let keys = new Uint32Array(capacity * WORDS)
  let values = createSums(capacity * VALUES)
  let size = 0
  const rowOfFlow = new Int32Array(BATCH_SIZE + SLOTS_REACHED)

  // Hot: the row of a key, made when it is new.
  function rowOf(hash: number, a: number, b: number, c: number): number {
    for (let place = (hash & mask) * 2; ; place = (place + 2) & (mask * 2 + 1)) {
      const row = table[place + 1]! - 1
      if (row < 0) return insert(place, hash, a, b, c)
      const at = row * WORDS
      if (table[place] === hash && keys[at] === a && keys[at + 1] === b && keys[at + 2] === c) return row
    }
  }

  function insert(place: number, hash: number, a: number, b: number, c: number): number {
    if (size === capacity) {
      grow()
      return rowOf(hash, a, b, c)
    }
    table[place] = hash
    table[place + 1] = size + 1
    keys[size * WORDS] = a
    keys[size * WORDS + 1] = b
    keys[size * WORDS + 2] = c
    return size++
  }

  function grow(): void {
    capacity *= 2
    mask = capacity * 2 - 1
    const [oldTable, oldKeys, oldValues] = [table, keys, values]
    table = new Int32Array(capacity * 4)
    keys = new Uint32Array(capacity * WORDS)
    values = { sums: new Float64Array(capacity * VALUES), carries: oldValues.carries }
    keys.set(oldKeys)
    values.sums.set(oldValues.sums)
    for (let at = 0; at < oldTable.length; at += 2) {
      if (oldTable[at + 1] === 0) continue
      let place = (oldTable[at]! & mask) * 2
      while (table[place + 1] !== 0) place = (place + 2) & (mask * 2 + 1)
      table[place] = oldTable[at]!
      table[place + 1] = oldTable[at + 1]!
    }
  }

  return {
    // Hot: runs once per flow and slot. Two loops, as in `hosts.ts`, so that looks into memory overlap.
    add({ length, slotWord, codeWord0, codeWord1, octets, packets, flows }) {
      for (let i = 0; i < length; i++) {
        const a = slotWord[i]!
        const b = codeWord0[i]!
        const c = codeWord1[i]!
        rowOfFlow[i] = rowOf(hash3(a, b, c, seed), a, b, c)
      }
      const sums = values
      for (let i = 0; i < length; i++) {
        const to = rowOfFlow[i]! * VALUES
        addCounts(sums, to, octets[i]!, packets[i]!, flows[i]!)
      }
    },
    isFull: () => size >= limit,
    drain(each) {
      const { sums, carries } = values
      for (let row = 0; row < size; row++) {
        const [at, from] = [row * WORDS, row * VALUES]
        each(keys[at]!, keys[at + 1]!, keys[at + 2]!, sums[from]!, sums[from + 1]!, sums[from + 2]!)
      }
      for (const [place, times] of carries) {
        const at = Math.floor(place / VALUES) * WORDS
        const of = (measure: number) => (place % VALUES === measure ? times * CARRY : 0)
        each(keys[at]!, keys[at + 1]!, keys[at + 2]!, of(0), of(1), of(2))
      }
      carries.clear()
      table.fill(0)
      sums.fill(0, 0, size * VALUES)
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
