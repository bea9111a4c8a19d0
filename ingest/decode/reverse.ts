import type { FlowBatch } from '../model/flow-batch.ts'

/** The way back of the bidirectional record in row `i`, as row `i + 1`: ends swapped, no flow counted twice. */
export function writeReverse(batch: FlowBatch, i: number, packets: number, octets: number): void {
  const to = i + 1
  for (let word = 0; word < 4; word++) {
    batch.srcAddr[to * 4 + word] = batch.dstAddr[i * 4 + word]!
    batch.dstAddr[to * 4 + word] = batch.srcAddr[i * 4 + word]!
  }
  batch.srcPort[to] = batch.dstPort[i]!
  batch.dstPort[to] = batch.srcPort[i]!
  batch.srcAs[to] = batch.dstAs[i]!
  batch.dstAs[to] = batch.srcAs[i]!
  batch.ingressIfIndex[to] = batch.egressIfIndex[i]!
  batch.egressIfIndex[to] = batch.ingressIfIndex[i]!
  for (const column of ['protocol', 'tos', 'tcpFlags', 'startMs', 'endMs', 'exporter', 'scaled'] as const) {
    batch[column][to] = batch[column][i]!
  }
  batch.octets[to] = octets
  batch.packets[to] = packets
  batch.flows[to] = 0
  batch.reverse[to] = 1
}
