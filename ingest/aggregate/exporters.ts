import type { Config } from '../config/schema.ts'
import { formatAddress } from '../model/address.ts'
import { addCounters, type Counter } from '../model/counter.ts'
import { DIRECTIONS, type Direction } from '../model/direction.ts'
import type { Room } from '../model/heap.ts'
import type { PartQuality } from '../model/part.ts'
import { type Sums, sumAt } from './sums.ts'

const WAYS = DIRECTIONS.length
/** As many as a file can name (`FlowBatch.exporter`). */
const MOST = 65_536

export type ExporterTable = ReturnType<typeof exporterTable>

/** Per exporter of the file, in the file's order: its sampling rate, and in the heap whether it counts everywhere, its flows, and when they ended. */
export function exporterTable({ routers }: Config, room: Room) {
  const byAddress = new Map(
    routers.flatMap((router) => router.addresses.map((address) => [formatAddress(address), router] as const)),
  )
  const anyBorder = routers.some(({ border }) => border)
  const names: string[] = []
  const rate: number[] = []
  const isBorder = new Uint8Array(...room.allocate(MOST), MOST)
  const flows: Sums = { sums: new Float64Array(...room.allocate(MOST * WAYS * 8), MOST * WAYS), carries: new Map() }
  const ends = new Float64Array(...room.allocate(MOST * 2 * 8), MOST * 2)
  return {
    /** False: no router of the config samples. */
    isSampled: routers.some(({ sampleRate }) => sampleRate !== 1),
    rate,
    isBorder,
    /** By exporter and direction. */
    flows,
    /** Two each, unix ms: the newest end of its flows; of those whose times are absurd, the one nearest to the file's slot. */
    ends,
    extend(seen: readonly string[]): void {
      for (const name of seen.slice(names.length)) {
        const router = byAddress.get(name)
        isBorder[names.length] = !anyBorder || router?.border === true ? 1 : 0
        flows.sums.fill(0, names.length * WAYS, (names.length + 1) * WAYS)
        ends.set([Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY], names.length * 2)
        rate.push(router?.sampleRate ?? 1)
        names.push(name)
      }
    },
    summary() {
      const exporters = names
        .map((name, index) => {
          const ended = [ends[index * 2]!, ends[index * 2 + 1]!].find(Number.isFinite)
          const counted = { flows: addUp(flows, index * WAYS, 1, WAYS), sampleRate: rate[index]! }
          return [name, ended === undefined ? counted : { ...counted, newestEndMs: ended }] as const
        })
        .sort(([a], [b]) => (a < b ? -1 : 1))
      const ways = DIRECTIONS.map((name, way) => [name, addUp(flows, way, WAYS, names.length)] as const)
      return {
        flowsByDirection: Object.fromEntries(ways) as { readonly [D in Direction]: Counter },
        exporters: Object.fromEntries(exporters) satisfies PartQuality['exporters'],
      }
    },
  }
}

/** `count` sums, one every `step` places. */
function addUp(sums: Sums, first: number, step: number, count: number): Counter {
  const places = Array.from({ length: count }, (_, at) => first + at * step)
  return places.reduce<Counter>((sum, place) => addCounters(sum, sumAt(sums, place)), 0)
}
