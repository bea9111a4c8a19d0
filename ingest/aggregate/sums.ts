import { addCounters, type Counter } from '../model/counter.ts'

/**
 * Exact sums of whole numbers. Doubles add up exactly to 2^53; here each stays below half of that, and what goes beyond is
 * carried: taken out in multiples of `CARRY`, and written down apart. So a hot loop pays for one comparison.
 */
export interface Sums {
  readonly sums: Float64Array
  /** By place, how many times `CARRY` was taken out. */
  readonly carries: Map<number, number>
}

export const CARRY = 2 ** 52

export function createSums(size: number): Sums {
  return { sums: new Float64Array(size), carries: new Map() }
}

/** Hot: adds a whole number that a double holds exactly. */
export function addTo({ sums, carries }: Sums, at: number, value: number): void {
  const sum = sums[at]! + value
  if (sum < CARRY) sums[at] = sum
  else addAndCarry(sums, carries, at, value)
}

/** Hot: adds octets, packets and flows to three places in a row, with one comparison. */
export function addCounts(to: Sums, at: number, octets: number, packets: number, flows: number): void {
  const { sums } = to
  const o = sums[at]! + octets
  const p = sums[at + 1]! + packets
  const f = sums[at + 2]! + flows
  if (o + p + f < CARRY) {
    sums[at] = o
    sums[at + 1] = p
    sums[at + 2] = f
  } else {
    addTo(to, at, octets)
    addTo(to, at + 1, packets)
    addTo(to, at + 2, flows)
  }
}

function addAndCarry(sums: Float64Array, carries: Map<number, number>, at: number, value: number): void {
  const sum = sums[at]! + (value % CARRY)
  const times = Math.floor(value / CARRY) + Math.floor(sum / CARRY)
  sums[at] = sum % CARRY
  carries.set(at, (carries.get(at) ?? 0) + times)
}

/** What has been added to a place. */
export function sumAt({ sums, carries }: Sums, at: number): Counter {
  const times = carries.size === 0 ? undefined : carries.get(at)
  return times === undefined ? sums[at]! : addCounters(sums[at]!, BigInt(times) * BigInt(CARRY))
}
