import type { BothWays, StackedChart } from '../charts/chart.ts'
import { type Rates, ratesFrom } from '../charts/rates.ts'
import { queryOf } from '../exploration.ts'
import { percentile95Of } from '../figures.ts'
import type { BoardPlaces } from '../pages/board-places.ts'
import type { ReadoutEntry } from '../pages/readout.ts'
import { find } from './element.ts'
import { takeMissed } from './missed.ts'
import { upgradePlot } from './plot.ts'

/** The numbers that lie beside a page's chart: what `jsonOf` wrote. */
interface ChartFile {
  readonly unit: StackedChart['unit']
  readonly from: string
  readonly to: string
  readonly stepSeconds: number
  readonly layers: readonly (Way & { readonly id: string; readonly label: string; readonly color: string })[]
  readonly total: Way
  readonly peak?: Way
  readonly events?: readonly { readonly number: number; readonly at: string; readonly to?: string }[]
}
type Way = BothWays<readonly (number | null)[]>

/** Makes instruments of the charts of a page, each when a visitor comes to it. */
export function upgradeRangePlots(page: ParentNode): void {
  for (const plot of page.querySelectorAll<HTMLElement>('.plot[data-source]')) {
    let isBegun = false
    const begin = () => {
      if (isBegun) return
      isBegun = true
      upgrade(plot).catch(() => {
        takeMissed(plot)
        find(plot, '.readout-hint').textContent = 'The numbers of this chart could not be loaded.'
      })
    }
    if (plot.dataset.touched !== undefined) begin()
    else
      for (const type of ['pointerover', 'focusin', 'touchstart']) plot.addEventListener(type, begin, { passive: true })
  }
}

async function upgrade(plot: HTMLElement): Promise<void> {
  const { source, explore, zone } = plot.dataset as { source: string; explore: string; zone: string }
  const response = await fetch(source)
  if (!response.ok) throw new Error(`${response.status} for ${source}`)
  const file = (await response.json()) as ChartFile
  await upgradePlot(plot, {
    chart: chartFrom(file, zone, textsOf(plot)),
    entries: entriesIn(plot),
    boards: boardsOf(plot),
    onSelect: (from, to) => location.assign(`${explore}&${queryOf({ from, to })}`),
  })
}

function boardsOf({ dataset }: HTMLElement): BoardPlaces | null {
  const { root, boards: since } = dataset
  return root === undefined || since === undefined ? null : { root, since }
}

/** What the build wrote into the drawing. */
function textsOf(plot: HTMLElement): { title: string; description: string } {
  const text = (selector: string) => plot.querySelector(`.chart > svg > ${selector}`)?.textContent ?? ''
  return { title: text('title'), description: text('desc') }
}

function chartFrom(file: ChartFile, timeZone: string, texts: { title: string; description: string }): StackedChart {
  const { unit, stepSeconds, layers, peak, events = [] } = file
  const total = columnsOf(file.total)
  return {
    ...texts,
    unit,
    from: Date.parse(file.from) / 1000,
    to: Date.parse(file.to) / 1000,
    stepSeconds,
    timeZone,
    layers: layers.map((layer) => ({ ...layer, ...columnsOf(layer) })),
    total,
    ...(peak === undefined ? {} : { peak: columnsOf(peak) }),
    events: events.map(({ number, at, to }) => ({
      number,
      at: Date.parse(at) / 1000,
      to: to === undefined ? null : Date.parse(to) / 1000,
    })),
    percentile95: { in: percentile95Of(total.in), out: percentile95Of(total.out) },
  }
}

function columnsOf({ in: inward, out }: Way): BothWays<Rates> {
  return { in: ratesFrom(inward), out: ratesFrom(out) }
}

/** As the build printed them, with their averages. */
function entriesIn(plot: HTMLElement): ReadoutEntry[] {
  return [...plot.querySelectorAll<HTMLElement>('.readout li')].map((item) => {
    const [inward, out] = [...item.querySelectorAll('.readout-values > span')].map((each) => each.textContent ?? '')
    return {
      label: find(item, '.readout-name').textContent?.trim() ?? '',
      color: item.querySelector('.chip rect')?.getAttribute('fill') ?? null,
      kind: item.className.replace('readout-', '') as ReadoutEntry['kind'],
      in: inward!,
      out: out!,
    }
  })
}
