import type { Config } from '../config/schema.ts'
import { INTERNAL, OUT } from '../model/direction.ts'
import type { Dimension } from './dimension.ts'
import { memberIsCode, membersAndOther } from './exclusive.ts'

/** The autonomous system at the far end: the source of what comes in or passes through, the destination of what goes out. */
export const autonomousSystem: Dimension = {
  name: 'as',
  plural: 'as',
  title: 'Autonomous systems',
  singular: 'AS',
  applies: () => true,
  members: ({ asNumbers }) => membersAndOther(asNumbers),
  classifier({ asNumbers }) {
    const other = asNumbers.length
    const memberOf = lookup(asNumbers)
    return {
      codes: other + 1,
      // Hot: runs once per flow. Internal traffic has no far end.
      classify({ length, srcAs, dstAs }, { direction }, _exporters, codes) {
        for (let i = 0; i < length; i++) {
          const way = direction[i]!
          codes[i] = way === INTERNAL ? other : memberOf(way === OUT ? dstAs[i]! : srcAs[i]!)
        }
      },
      memberships: memberIsCode(other + 1),
    }
  },
}

/** AS numbers of 16 bits by table, greater ones by halving through ranges; where two members name a number, the first has it. */
function lookup(asNumbers: Config['asNumbers']): (number: number) => number {
  const other = asNumbers.length
  const ranges = asNumbers.flatMap(({ numbers }, member) => numbers.map((range) => ({ ...range, member })))
  const small = new Uint16Array(65_536).fill(other)
  for (const { from, to, member } of ranges.toReversed())
    if (from < 65_536) small.fill(member, from, Math.min(to, 65_535) + 1)
  const edges = [...new Set([65_536, ...ranges.flatMap(({ from, to }) => [from, to + 1])])]
    .filter((edge) => edge >= 65_536)
    .sort((a, b) => a - b)
  const starts = Float64Array.from(edges)
  const members = Uint16Array.from(
    edges,
    (edge) => ranges.find(({ from, to }) => from <= edge && edge <= to)?.member ?? other,
  )
  return (number) => {
    if (number < 65_536) return small[number]!
    let low = 0
    let high = starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if (starts[middle]! <= number) low = middle
      else high = middle - 1
    }
    return members[low]!
  }
}
