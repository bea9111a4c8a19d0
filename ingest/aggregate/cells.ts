import type { Classifier, Dimension, Membership } from '../classify/dimension.ts'
import { activeDimensions, activePairs } from '../classify/index.ts'
import type { Config } from '../config/schema.ts'
import { cellName, TOTAL } from '../model/cell.ts'
import { DIRECTIONS } from '../model/direction.ts'
import type { Counts } from '../model/measure.ts'
import type { CellCounts, PartSlot } from '../model/part.ts'
import { addCounts, createSums, type Sums, sumAt } from './sums.ts'

/** Octets, packets, flows. */
const VALUES = 3
/** Counters of this many (cell, direction)s are made at once, when the first of them is needed. */
const PAGE = 256

/** Every cell under a config: the total, the members of each dimension, the members of each pair. */
interface Layout {
  readonly names: readonly string[]
  /** By dimension: the first of its cells. */
  readonly dimensionAt: readonly number[]
  readonly pairs: readonly PairLayout[]
}

interface PairLayout {
  readonly first: number
  readonly second: number
  readonly at: number
  readonly secondCount: number
  /** Which of the two tells the direction: one with a direction of its own, else -1 for the flow's. */
  readonly directionFrom: -1 | 0 | 1
  readonly everyExporter: boolean
}

/** Counters per slot and cell, filled one kind of flow at a time. */
export interface Cells {
  /** Counts one kind of flow for every cell it belongs to. `isBorder` false: only cells that show every exporter. */
  add(
    slot: number,
    direction: number,
    isBorder: boolean,
    codes: readonly number[],
    octets: number,
    packets: number,
    flows: number,
  ): void
  /** What was counted, slots ascending, cells in a fixed order; `startOf` tells the unix seconds of a slot index. */
  slots(startOf: (slot: number) => number): PartSlot[]
}

export function createCells(config: Config, classifiers: readonly Classifier[]): Cells {
  const dimensions = activeDimensions(config)
  const layout = layOut(config, dimensions)
  const membershipsOf = classifiers.map(remembered)
  const counters = createCounters(layout.names.length * DIRECTIONS.length)
  const found: (readonly Membership[])[] = []

  return {
    add(slot, direction, isBorder, codes, octets, packets, flows) {
      for (let dimension = 0; dimension < dimensions.length; dimension++) {
        found[dimension] = membershipsOf[dimension]!(codes[dimension]!, direction)
      }
      if (isBorder) counters.add(slot, direction, octets, packets, flows)
      for (let dimension = 0; dimension < dimensions.length; dimension++) {
        if (!isBorder && dimensions[dimension]!.everyExporter !== true) continue
        for (const { member, direction: way } of found[dimension]!) {
          counters.add(
            slot,
            (layout.dimensionAt[dimension]! + member) * DIRECTIONS.length + way,
            octets,
            packets,
            flows,
          )
        }
      }
      for (const { first, second, at, secondCount, directionFrom, everyExporter } of layout.pairs) {
        if (!isBorder && !everyExporter) continue
        for (const a of found[first]!) {
          for (const b of found[second]!) {
            const way = directionFrom === -1 ? direction : directionFrom === 0 ? a.direction : b.direction
            counters.add(
              slot,
              (at + a.member * secondCount + b.member) * DIRECTIONS.length + way,
              octets,
              packets,
              flows,
            )
          }
        }
      }
    },
    slots: (startOf) =>
      counters.slots().map((slot) => ({ slot: startOf(slot), cells: counters.cells(slot, layout.names) })),
  }
}

function layOut(config: Config, dimensions: readonly Dimension[]): Layout {
  const names = [TOTAL]
  const members = dimensions.map((dimension) => dimension.members(config))
  const dimensionAt = dimensions.map(({ name }, index) => {
    const at = names.length
    for (const { id } of members[index]!) names.push(cellName([name, id]))
    return at
  })
  const pairs = activePairs(config).map(([a, b]): PairLayout => {
    const [first, second, at] = [dimensions.indexOf(a), dimensions.indexOf(b), names.length]
    for (const { id } of members[first]!)
      for (const other of members[second]!) names.push(cellName([a.name, id], [b.name, other.id]))
    return {
      first,
      second,
      at,
      secondCount: members[second]!.length,
      directionFrom: a.ownDirection ? 0 : b.ownDirection ? 1 : -1,
      everyExporter: a.everyExporter === true || b.everyExporter === true,
    }
  })
  return { names, dimensionAt, pairs }
}

/** The same codes come again and again: their memberships are worked out once. */
function remembered(classifier: Classifier): (code: number, direction: number) => readonly Membership[] {
  const known = new Map<number, readonly Membership[]>()
  return (code, direction) => {
    const key = code * DIRECTIONS.length + direction
    const before = known.get(key)
    if (before !== undefined) return before
    const memberships = classifier.memberships(code, direction)
    known.set(key, memberships)
    return memberships
  }
}

/** Counters by slot and index, in pages made when first needed: what saw nothing costs nothing. */
function createCounters(count: number) {
  const pagesOfSlot = new Map<number, (Sums | undefined)[]>()

  function pageOf(slot: number, number: number): Sums {
    const pages = pagesOfSlot.get(slot) ?? new Array<Sums | undefined>(Math.ceil(count / PAGE))
    const page = pages[number] ?? createSums(PAGE * VALUES)
    pages[number] = page
    pagesOfSlot.set(slot, pages)
    return page
  }

  return {
    add(slot: number, index: number, octets: number, packets: number, flows: number): void {
      const page = pagesOfSlot.get(slot)?.[Math.floor(index / PAGE)] ?? pageOf(slot, Math.floor(index / PAGE))
      const at = (index % PAGE) * VALUES
      addCounts(page, at, octets, packets, flows)
    },
    slots: () => [...pagesOfSlot.keys()].sort((a, b) => a - b),
    cells(slot: number, names: readonly string[]): { [cell: string]: CellCounts } {
      const cells: { [cell: string]: { -readonly [D in keyof CellCounts]: CellCounts[D] } } = {}
      for (const [number, page] of pagesOfSlot.get(slot)!.entries()) {
        for (let at = 0; page !== undefined && at < PAGE * VALUES; at += VALUES) {
          const counts: Counts = [sumAt(page, at), sumAt(page, at + 1), sumAt(page, at + 2)]
          if (counts.every((value) => value === 0)) continue
          const index = number * PAGE + at / VALUES
          const name = names[Math.floor(index / DIRECTIONS.length)]!
          cells[name] ??= {}
          cells[name][DIRECTIONS[index % DIRECTIONS.length]!] = counts
        }
      }
      return cells
    },
  }
}
