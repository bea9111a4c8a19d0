import type { Config } from '../config/schema.ts'
import type { Member } from '../model/cell.ts'
import { UNKNOWN } from '../model/flow-batch.ts'
import type { Dimension } from './dimension.ts'
import { knownByte, memberIsCode, membersAndOther } from './exclusive.ts'
import { classifying } from './wasm-classify.ts'

const MULTICAST: Member = { id: 'multicast', label: 'multicast' }

/** IP protocols. What goes to a multicast group is `multicast`, whatever carries it. */
export const protocol: Dimension = {
  name: 'protocol',
  plural: 'protocols',
  title: 'Protocols',
  singular: 'Protocol',
  applies: () => true,
  naming: { key: 'protocols', valueIn: ({ protocol }, _ends, flow) => knownByte(protocol[flow]!), textOf: String },
  members: ({ protocols }) => membersAndOther(withMulticast(protocols)),
  classifier({ protocols }, _space, room) {
    const all = withMulticast(protocols)
    const group = all.findIndex(({ id }) => id === MULTICAST.id)
    const memberOf = new Uint16Array(...room.allocate((UNKNOWN + 1) * 2), UNKNOWN + 1).fill(all.length)
    for (const [member, { numbers }] of [...protocols.entries()].reverse()) {
      for (const number of numbers) memberOf[number] = member
    }
    return {
      codes: all.length + 1,
      classify({ length, protocol }, { multicast }, _exporters, codes) {
        classifying().codesOfValueOrGroup(
          length,
          protocol.byteOffset,
          memberOf.byteOffset,
          multicast.byteOffset,
          group,
          codes.byteOffset,
        )
      },
      memberships: memberIsCode(all.length + 1),
    }
  },
}

/** A config that names a member `multicast` of its own gets the groups there. */
function withMulticast(protocols: Config['protocols']): readonly Member[] {
  return protocols.some(({ id }) => id === MULTICAST.id) ? protocols : [...protocols, MULTICAST]
}
