import type { Config } from '../config/schema.ts'
import { formatAddress } from '../model/address.ts'

/** Per exporter of the file, in the file's order: its sampling rate, whether it counts everywhere, its flows. */
export function exporterTable({ routers }: Config) {
  const byAddress = new Map(
    routers.flatMap((router) => router.addresses.map((address) => [formatAddress(address), router] as const)),
  )
  const anyBorder = routers.some(({ border }) => border)
  const names: string[] = []
  const rate: number[] = []
  const isBorder: number[] = []
  const flows: number[] = []
  return {
    /** False: no router of the config samples. */
    isSampled: routers.some(({ sampleRate }) => sampleRate !== 1),
    rate,
    isBorder,
    flows,
    extend(seen: readonly string[]): void {
      for (const name of seen.slice(names.length)) {
        const router = byAddress.get(name)
        names.push(name)
        rate.push(router?.sampleRate ?? 1)
        isBorder.push(!anyBorder || router?.border === true ? 1 : 0)
        flows.push(0)
      }
    },
    summary: () =>
      Object.fromEntries(
        names
          .map((name, index) => [name, { flows: flows[index]!, sampleRate: rate[index]! }] as const)
          .sort(([a], [b]) => (a < b ? -1 : 1)),
      ),
  }
}
