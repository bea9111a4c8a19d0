import type { Ends } from '../classify/direction.ts'
import { activeDimensions } from '../classify/index.ts'
import type { Config } from '../config/schema.ts'
import { OTHER } from '../model/cell.ts'
import { addCounters, type Counter, compareCounters } from '../model/counter.ts'
import type { FlowBatch } from '../model/flow-batch.ts'
import type { PartQuality } from '../model/part.ts'
import { NAMED_FROM } from '../model/quality.ts'

/** So many values of each dimension are told. */
const MOST = 10

/** What fell into `other`, by what the config could name. */
export interface Unnamed {
  /** `slotWord`: of each flow, odd where its exporter counts everywhere. `codes`: of each dimension that is counted. */
  add(batch: FlowBatch, ends: Ends, slotWord: Uint32Array, codes: readonly Uint32Array[]): void
  busiest(): NonNullable<PartQuality['unnamed']>
}

export function createUnnamed(config: Config): Unnamed {
  const found = activeDimensions(config).flatMap(({ name, naming, members }, at) =>
    naming === undefined
      ? []
      : [
          {
            name,
            naming,
            at,
            other: members(config).findIndex(({ id }) => id === OTHER),
            octets: new Map<number, Counter>(),
          },
        ],
  )
  let left = NAMED_FROM
  return {
    add(batch, ends, slotWord, codes) {
      const length = Math.min(left, batch.length)
      left -= length
      for (const { naming, at, other, octets } of found) {
        const own = codes[at]!
        for (let flow = 0; flow < length; flow++) {
          if (own[flow] !== other || (slotWord[flow]! & 1) === 0) continue
          const value = naming.valueIn(batch, ends, flow)
          if (value >= 0) octets.set(value, addCounters(octets.get(value) ?? 0, batch.octets[flow]!))
        }
      }
    },
    busiest: () =>
      Object.fromEntries(
        found.map(({ name, naming, octets }) => [
          name,
          [...octets]
            .sort(([a, most], [b, more]) => compareCounters(more, most) || a - b)
            .slice(0, MOST)
            .map(([value, sum]) => [naming.textOf(value), sum] as const),
        ]),
      ),
  }
}
