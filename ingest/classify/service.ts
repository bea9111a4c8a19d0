import { PROTOCOL_NUMBERS } from '../config/iana.ts'
import type { Config } from '../config/schema.ts'
import { type FlowBatch, UNKNOWN } from '../model/flow-batch.ts'
import type { Room } from '../model/heap.ts'
import type { Classifier, Dimension, Naming } from './dimension.ts'
import { memberIsCode, membersAndOther } from './exclusive.ts'
import { classifying } from './wasm-classify.ts'

/** Protocols with ports, as a config writes them. */
const TRANSPORTS = new Map(
  ['tcp', 'udp', 'dccp', 'sctp', 'udplite'].map((transport) => [PROTOCOL_NUMBERS[transport]!, transport]),
)

/** `portOf`: the port by which a flow would be named; where neither port is known, the lower is the likelier service. */
function namingByPort(portOf: (batch: FlowBatch, flow: number) => number): Naming {
  return {
    key: 'services',
    valueIn(batch, _ends, flow) {
      const transport = batch.protocol[flow]!
      const port = portOf(batch, flow)
      return port > 0 && TRANSPORTS.has(transport) ? transport * 65_536 + port : -1
    },
    textOf: (value) => `${value & 0xffff}/${TRANSPORTS.get(value >>> 16)}`,
  }
}

/** Services: the destination port decides, else the source port, else `other`; never twice. */
export const service: Dimension = {
  name: 'service',
  plural: 'services',
  title: 'Services',
  singular: 'Service',
  applies: ({ compat }) => compat === 'none',
  naming: namingByPort(({ srcPort, dstPort }, flow) =>
    Math.min(srcPort[flow]! || dstPort[flow]!, dstPort[flow]! || srcPort[flow]!),
  ),
  members: ({ services }) => membersAndOther(services),
  classifier({ services }, _space, room) {
    const { tableOf, serviceAt } = portTables(services, room)
    const other = services.length
    return {
      codes: services.length + 1,
      classify({ length, protocol, srcPort, dstPort }, _ends, _exporters, codes) {
        classifying().codesOfPorts(
          length,
          protocol.byteOffset,
          srcPort.byteOffset,
          dstPort.byteOffset,
          tableOf.byteOffset,
          serviceAt.byteOffset,
          other,
          codes.byteOffset,
        )
      },
      memberships: memberIsCode(services.length + 1),
    }
  },
}

/** CUFlow counts every flow twice: by its source port here, by its destination port in `serviceDst`; multicast never. */
export const serviceSrc: Dimension = {
  name: 'service-src',
  plural: 'services-src',
  title: 'Services by source port',
  singular: 'Service by source port',
  applies: ({ compat }) => compat === 'cuflow',
  naming: namingByPort(({ srcPort }, flow) => srcPort[flow]!),
  members: ({ services }) => membersAndOther(services),
  classifier: ({ services }, _space, room) => byOnePort(services, 'srcPort', room),
}

export const serviceDst: Dimension = {
  name: 'service-dst',
  plural: 'services-dst',
  title: 'Services by destination port',
  singular: 'Service by destination port',
  applies: ({ compat }) => compat === 'cuflow',
  naming: namingByPort(({ dstPort }, flow) => dstPort[flow]!),
  members: ({ services }) => membersAndOther(services),
  classifier: ({ services }, _space, room) => byOnePort(services, 'dstPort', room),
}

function byOnePort(services: Config['services'], end: 'srcPort' | 'dstPort', room: Room): Classifier {
  const { tableOf, serviceAt } = portTables(services, room)
  const nowhere = services.length + 1
  return {
    codes: services.length + 2,
    // Hot: runs once per flow.
    classify(batch, { multicast }, _exporters, codes) {
      const { length, protocol } = batch
      const port = batch[end]
      for (let i = 0; i < length; i++) {
        codes[i] = multicast[i] === 1 ? nowhere : serviceAt[tableOf[protocol[i]!]! * 65_536 + port[i]!]!
      }
    },
    memberships: memberIsCode(services.length + 1),
  }
}

/** A table of 65,536 ports for each protocol that has services, after one for all that have none. The first service that names a port has it. */
function portTables(services: Config['services'], room: Room): { tableOf: Uint8Array; serviceAt: Uint16Array } {
  const ranges = services.flatMap(({ ports }, member) => ports.map((range) => ({ ...range, member })))
  const protocols = [...new Set(ranges.map(({ protocol }) => protocol))]
  const tableOf = new Uint8Array(...room.allocate(UNKNOWN + 1), UNKNOWN + 1).fill(0)
  for (const [index, protocol] of protocols.entries()) tableOf[protocol] = index + 1
  const entries = (protocols.length + 1) * 65_536
  const serviceAt = new Uint16Array(...room.allocate(entries * 2), entries).fill(services.length)
  for (const { protocol, from, to, member } of ranges.reverse()) {
    serviceAt.fill(member, tableOf[protocol]! * 65_536 + from, tableOf[protocol]! * 65_536 + to + 1)
  }
  return { tableOf, serviceAt }
}
