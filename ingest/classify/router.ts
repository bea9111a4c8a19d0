import { formatAddress } from '../model/address.ts'
import type { Dimension } from './dimension.ts'
import { memberIsCode, membersAndOther } from './exclusive.ts'
import { classifying } from './wasm-classify.ts'

/** As many as a file can name (`FlowBatch.exporter`). */
const MOST_EXPORTERS = 65_536

/** The router that exported the flow, known by the address it sends from. */
export const router: Dimension = {
  name: 'router',
  plural: 'routers',
  title: 'Routers',
  singular: 'Router',
  everyExporter: true,
  applies: () => true,
  members: ({ routers }) => membersAndOther(routers),
  classifier({ routers }, _space, room) {
    const other = routers.length
    const byAddress = new Map(
      routers.flatMap(({ addresses }, member) => addresses.map((address) => [formatAddress(address), member] as const)),
    )
    const memberOf = new Uint16Array(...room.allocate(MOST_EXPORTERS * 2), MOST_EXPORTERS).fill(other)
    let known = 0
    return {
      codes: other + 1,
      // Exporters are few and looked up once each.
      classify({ length, exporter }, _ends, exporters, codes) {
        for (; known < exporters.length; known++) memberOf[known] = byAddress.get(exporters[known]!) ?? other
        classifying().codesOfValue(length, exporter.byteOffset, memberOf.byteOffset, codes.byteOffset)
      },
      memberships: memberIsCode(other + 1),
    }
  },
}
