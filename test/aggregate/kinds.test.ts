import { expect, test } from 'vitest'
import { createKindRows, createKinds } from '../../ingest/aggregate/kinds.ts'
import { openRoom } from '../../ingest/model/heap.ts'

test('case 64: kinds that are worked off again and again hand over every octet, once', () => {
  const room = openRoom()
  const kinds = createKinds(room, 1)
  const rows = createKindRows(room, 4)
  rows.octets.fill(2 ** 52 - 1)
  rows.flows.fill(1)
  const sum = { octets: 0n, flows: 0n }
  const drain = () =>
    kinds.drain((...[, , , octets, , flows]) => {
      sum.octets += BigInt(octets)
      sum.flows += BigInt(flows)
    })
  for (let times = 1; times <= 3; times++) {
    rows.length = 4
    kinds.add(rows)
    drain()
    expect(sum).toEqual({ octets: BigInt(4 * times) * (2n ** 52n - 1n), flows: BigInt(4 * times) })
  }
})
