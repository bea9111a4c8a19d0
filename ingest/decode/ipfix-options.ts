import type { ExporterIndex } from './exporters.ts'
import type { Template } from './ipfix-template.ts'
import { ANY_SELECTOR, ELEMENTS, find, placeOf, samplingOf, type Told } from './ipfix-values.ts'

/** Learns from an options record whose fields lie at `places`. */
export type Learn = (view: DataView, places: Int32Array, told: Told) => void

/** More than this many samplers of one exporter are made up. */
const MOST_SELECTORS = 128

/** Compiles an options template: what it tells of the exporter's start, address and sampling; everything else is passed over. */
export function compileOptions({ fields }: Template, exporters: ExporterIndex): Learn {
  const bootMs = find(fields, ELEMENTS.bootMs)?.read
  const selector = find(fields, ELEMENTS.selector)?.read
  const tellsSampling =
    find(fields, ELEMENTS.samplingInterval) !== null ||
    (find(fields, ELEMENTS.sampledPackets) !== null && find(fields, ELEMENTS.skippedPackets) !== null)
  const sampling = samplingOf(fields)
  const ipv4 = placeOf(fields, ELEMENTS.exporterIPv4, 4)
  return (view, places, told) => {
    if (bootMs !== undefined) told.bootMs = bootMs(view, places, 0, told)
    if (ipv4 !== -1) told.exporter = exporters.ofIPv4(view.getUint32(places[ipv4]!))
    if (!tellsSampling) return
    const rate = sampling(view, places, 0, told)
    if (selector !== undefined && told.sampling.size < MOST_SELECTORS)
      told.sampling.set(selector(view, places, 0, told), rate)
    told.sampling.set(ANY_SELECTOR, rate)
  }
}
