import type { Measured } from '../cells.ts'
import type { Rates } from '../charts/rates.ts'
import type { ChartData } from '../downloads.ts'
import type { Figures } from '../figures.ts'
import { formatRate } from '../units.ts'

/** What is on a chart, by name, with its average; with a script, what it was at the cursor. */
export interface ReadoutEntry {
  readonly label: string
  /** Of a layer. */
  readonly color: string | null
  readonly kind: 'layer' | 'total' | 'peak' | 'before'
  readonly in: string
  readonly out: string
}

/** The layers, the lowest first, then the lines. `total`: the figures of the whole in and out. */
export function readoutOf(
  measured: Pick<Measured, 'known'>,
  { layers, peak }: ChartData,
  total: { readonly in: Figures; readonly out: Figures },
): ReadoutEntry[] {
  const lines: ReadoutEntry[] = [
    {
      label: 'total',
      color: null,
      kind: 'total',
      in: formatRate(total.in.average),
      out: formatRate(total.out.average),
    },
    {
      label: 'greatest 5 minutes',
      color: null,
      kind: 'peak',
      in: formatRate(total.in.max),
      out: formatRate(total.out.max),
    },
  ]
  const average = (rates: Rates) => formatRate(averageOf(measured, rates))
  return [
    ...layers.map(({ label, color, ...way }) => ({
      label,
      color,
      kind: 'layer' as const,
      in: average(way.in),
      out: average(way.out),
    })),
    ...lines.filter(({ kind }) => kind === 'total' || peak !== undefined),
  ]
}

/** Over the seconds that were measured; also of what is left of a total, which is no cell. */
function averageOf({ known }: Pick<Measured, 'known'>, rates: Rates): number | null {
  const seconds = known.reduce((sum, each, at) => (Number.isNaN(rates[at]) ? sum : sum + each), 0)
  return seconds === 0 ? null : rates.reduce((sum, rate, at) => sum + (rate || 0) * known[at]!, 0) / seconds
}
