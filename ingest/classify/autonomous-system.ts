import type { Config } from '../config/schema.ts'
import { INTERNAL, OUT } from '../model/direction.ts'
import type { Room } from '../model/heap.ts'
import type { Dimension } from './dimension.ts'
import { memberIsCode, membersAndOther } from './exclusive.ts'
import { classifying } from './wasm-classify.ts'

/** The autonomous system at the far end: the source of what comes in or passes through, the destination of what goes out. */
export const autonomousSystem: Dimension = {
  name: 'as',
  plural: 'as',
  title: 'Autonomous systems',
  singular: 'AS',
  applies: () => true,
  naming: {
    key: 'asNumbers',
    valueIn({ srcAs, dstAs }, { direction }, flow) {
      if (direction[flow] === INTERNAL) return -1
      const number = direction[flow] === OUT ? dstAs[flow]! : srcAs[flow]!
      return number > 0 ? number : -1
    },
    textOf: String,
  },
  members: ({ asNumbers }) => membersAndOther(asNumbers),
  classifier({ asNumbers }, _space, room) {
    const other = asNumbers.length
    const { small, starts, members } = numberTables(asNumbers, room)
    return {
      codes: other + 1,
      classify({ length, srcAs, dstAs }, { direction }, _exporters, codes) {
        classifying().codesOfAs(
          length,
          srcAs.byteOffset,
          dstAs.byteOffset,
          direction.byteOffset,
          small.byteOffset,
          starts.byteOffset,
          members.byteOffset,
          starts.length,
          other,
          codes.byteOffset,
        )
      },
      memberships: memberIsCode(other + 1),
    }
  },
}

const SMALL = 65_536
const BEHIND_ALL = 2 ** 32

/** AS numbers of 16 bits by table, greater ones by range; where two members name a number, the first has it. */
function numberTables(asNumbers: Config['asNumbers'], room: Room) {
  const other = asNumbers.length
  const ranges = asNumbers.flatMap(({ numbers }, member) => numbers.map((range) => ({ ...range, member })))
  const small = new Uint16Array(...room.allocate(SMALL * 2), SMALL).fill(other)
  for (const { from, to, member } of ranges.toReversed())
    if (from < SMALL) small.fill(member, from, Math.min(to, SMALL - 1) + 1)
  const edges = [...new Set([SMALL, ...ranges.flatMap(({ from, to }) => [from, to + 1])])]
    .filter((edge) => edge >= SMALL && edge < BEHIND_ALL)
    .sort((a, b) => a - b)
  const starts = new Uint32Array(...room.allocate(edges.length * 4), edges.length)
  const members = new Uint16Array(...room.allocate(edges.length * 2), edges.length)
  for (const [at, edge] of edges.entries()) {
    starts[at] = edge
    members[at] = ranges.find(({ from, to }) => from <= edge && edge <= to)?.member ?? other
  }
  return { small, starts, members }
}
