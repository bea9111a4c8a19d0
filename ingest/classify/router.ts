import { formatAddress } from '../model/address.ts'
import type { Dimension } from './dimension.ts'
import { memberIsCode, membersAndOther } from './exclusive.ts'

/** The router that exported the flow, known by the address it sends from. */
export const router: Dimension = {
  name: 'router',
  plural: 'routers',
  title: 'Routers',
  singular: 'Router',
  everyExporter: true,
  applies: () => true,
  members: ({ routers }) => membersAndOther(routers),
  classifier({ routers }) {
    const other = routers.length
    const byAddress = new Map(
      routers.flatMap(({ addresses }, member) => addresses.map((address) => [formatAddress(address), member] as const)),
    )
    const memberOf: number[] = []
    return {
      codes: other + 1,
      // Hot: runs once per flow; exporters are few and looked up once each.
      classify({ length, exporter }, _ends, exporters, codes) {
        while (memberOf.length < exporters.length) memberOf.push(byAddress.get(exporters[memberOf.length]!) ?? other)
        for (let i = 0; i < length; i++) codes[i] = memberOf[exporter[i]!] ?? other
      },
      memberships: memberIsCode(other + 1),
    }
  },
}
