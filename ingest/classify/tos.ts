import { UNKNOWN } from '../model/flow-batch.ts'
import type { Dimension } from './dimension.ts'
import { knownByte, memberIsCode, membersAndOther } from './exclusive.ts'
import { classifying } from './wasm-classify.ts'

/** Classes of the whole TOS byte; where two name a value, the first has it. */
export const tos: Dimension = {
  name: 'tos',
  plural: 'tos',
  title: 'TOS classes',
  singular: 'TOS class',
  applies: () => true,
  naming: { key: 'tos', valueIn: ({ tos }, _ends, flow) => knownByte(tos[flow]!), textOf: String },
  members: ({ tos }) => membersAndOther(tos),
  classifier({ tos: classes }, _space, room) {
    const memberOf = new Uint16Array(...room.allocate((UNKNOWN + 1) * 2), UNKNOWN + 1).fill(classes.length)
    for (const [member, { values }] of [...classes.entries()].reverse()) {
      for (const { from, to } of values) memberOf.fill(member, from, to + 1)
    }
    return {
      codes: classes.length + 1,
      classify({ length, tos }, _ends, _exporters, codes) {
        classifying().codesOfValue(length, tos.byteOffset, memberOf.byteOffset, codes.byteOffset)
      },
      memberships: memberIsCode(classes.length + 1),
    }
  },
}
