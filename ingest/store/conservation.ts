import { TOTAL } from '../model/cell.ts'
import { addCounters, type Counter } from '../model/counter.ts'
import { DIRECTIONS } from '../model/direction.ts'
import { MEASURES } from '../model/measure.ts'
import type { CellCounts, Part, PartSlot } from '../model/part.ts'
import { isoTime } from '../model/time.ts'

/** Dimensions in which every flow has exactly one member, `other` included. Routers, unlike the others, show every exporter. */
const PARTITIONS = ['service', 'protocol', 'tos', 'as']
const EVERY_EXPORTER = 'router'

type Sum = [Counter, Counter, Counter]

/**
 * Conservation inside a part: in each slot and direction the members of a dimension add up to the total, and routers over all slots and
 * directions to what was read from the file. `null`, or a sentence on the first sum that differs.
 */
export function imbalanceOf(part: Part): string | null {
  const { octets, packets, flows } = part.total
  const inFile = [octets, packets, flows]
  const routers = part.slots.flatMap(({ cells }) => membersOf(cells, EVERY_EXPORTER))
  const read = addUp(routers.flatMap((counts) => DIRECTIONS.map((direction) => counts[direction])))
  return (
    differs(`${EVERY_EXPORTER} in all slots`, read, inFile, 'the file holds') ??
    part.slots.map(imbalanceOfSlot).find((found) => found !== null) ??
    null
  )
}

function imbalanceOfSlot({ slot, cells }: PartSlot): string | null {
  for (const dimension of PARTITIONS) {
    const members = membersOf(cells, dimension)
    if (members.length === 0) continue
    for (const direction of DIRECTIONS) {
      const sum = addUp(members.map((counts) => counts[direction]))
      const total = addUp([cells[TOTAL]?.[direction]])
      const found = differs(`${dimension} ${direction} in ${isoTime(slot)}`, sum, total, 'the total has')
      if (found !== null) return found
    }
  }
  return null
}

function membersOf(cells: PartSlot['cells'], dimension: string): CellCounts[] {
  return Object.entries(cells).flatMap(([name, counts]) =>
    name.startsWith(`${dimension}/`) && !name.includes(',') ? [counts] : [],
  )
}

function addUp(counts: readonly (CellCounts[keyof CellCounts] | undefined)[]): Sum {
  const sum: Sum = [0, 0, 0]
  for (const each of counts) {
    if (each === undefined) continue
    for (const at of [0, 1, 2] as const) sum[at] = addCounters(sum[at], each[at])
  }
  return sum
}

function differs(what: string, sum: Sum, expected: readonly Counter[], whose: string): string | null {
  const at = sum.findIndex((value, index) => value !== expected[index])
  return at === -1 ? null : `${what} adds up to ${sum[at]} ${MEASURES[at]}, but ${whose} ${expected[at]}`
}
