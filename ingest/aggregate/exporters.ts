import type { Config } from '../config/schema.ts'
import { formatAddress } from '../model/address.ts'
import { addCounters, type Counter } from '../model/counter.ts'
import { DIRECTIONS, type Direction } from '../model/direction.ts'
import { createSums, type Sums, sumAt } from './sums.ts'

const WAYS = DIRECTIONS.length
/** Most files have fewer exporters. */
const START = 16

/** Per exporter of the file, in the file's order: its sampling rate, whether it counts everywhere, its flows. */
export function exporterTable({ routers }: Config) {
  const byAddress = new Map(
    routers.flatMap((router) => router.addresses.map((address) => [formatAddress(address), router] as const)),
  )
  const anyBorder = routers.some(({ border }) => border)
  const names: string[] = []
  const rate: number[] = []
  const isBorder: number[] = []
  let flows = createSums(START * WAYS)
  return {
    /** False: no router of the config samples. */
    isSampled: routers.some(({ sampleRate }) => sampleRate !== 1),
    rate,
    isBorder,
    /** By exporter and direction; another object after `extend`. */
    get flows() {
      return flows
    },
    extend(seen: readonly string[]): void {
      for (const name of seen.slice(names.length)) {
        const router = byAddress.get(name)
        names.push(name)
        rate.push(router?.sampleRate ?? 1)
        isBorder.push(!anyBorder || router?.border === true ? 1 : 0)
      }
      if (names.length * WAYS > flows.sums.length) flows = enlarge(flows, names.length * WAYS)
    },
    summary() {
      const exporters = names
        .map((name, index) => [name, { flows: addUp(flows, index * WAYS, 1, WAYS), sampleRate: rate[index]! }] as const)
        .sort(([a], [b]) => (a < b ? -1 : 1))
      const ways = DIRECTIONS.map((name, way) => [name, addUp(flows, way, WAYS, names.length)] as const)
      return {
        flowsByDirection: Object.fromEntries(ways) as { readonly [D in Direction]: Counter },
        exporters: Object.fromEntries(exporters),
      }
    },
  }
}

function enlarge({ sums, carries }: Sums, size: number): Sums {
  const larger = new Float64Array(size * 2)
  larger.set(sums)
  return { sums: larger, carries }
}

/** `count` sums, one every `step` places. */
function addUp(sums: Sums, first: number, step: number, count: number): Counter {
  const places = Array.from({ length: count }, (_, at) => first + at * step)
  return places.reduce<Counter>((sum, place) => addCounters(sum, sumAt(sums, place)), 0)
}
