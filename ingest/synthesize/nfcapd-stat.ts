import type { ExportedFlows } from './exported-flows.ts'
import { createRecord, RECORD } from './nfcapd-record.ts'
import { ICMP, ICMPV6, TCP, UDP } from './service.ts'

/** Adds up what the STAT record tells of a file: all flows, and apart those of TCP, UDP, ICMP (of both families) and the rest. */
export function createStat() {
  const total = { flows: 0, octets: 0, packets: 0 }
  const classes = { flows: [0, 0, 0, 0], octets: [0, 0, 0, 0], packets: [0, 0, 0, 0] }
  let firstMs = Number.POSITIVE_INFINITY
  let lastMs = 0
  return {
    flows: () => total.flows,
    add({ octets, packets, protocol, startMs, endMs }: ExportedFlows, i: number): void {
      const index = classOf(protocol[i]!)
      total.flows++
      total.octets += octets[i]!
      total.packets += packets[i]!
      classes.flows[index]!++
      classes.octets[index]! += octets[i]!
      classes.packets[index]! += packets[i]!
      if (startMs[i]! < firstMs) firstMs = startMs[i]!
      if (endMs[i]! > lastMs) lastMs = endMs[i]!
    },
    record(): Buffer {
      const first = total.flows === 0 ? 0 : firstMs
      const { flows, octets, packets } = classes
      const numbers = [total.flows, total.octets, total.packets, ...flows, ...octets, ...packets, first, lastMs, 0]
      const record = createRecord(RECORD.stat, 4 + numbers.length * 8)
      numbers.forEach((number, index) => {
        record.writeBigUInt64LE(BigInt(number), 4 + index * 8)
      })
      return record
    },
  }
}

function classOf(protocol: number): number {
  if (protocol === TCP) return 0
  if (protocol === UDP) return 1
  return protocol === ICMP || protocol === ICMPV6 ? 2 : 3
}
