import { cellName } from '../../ingest/model/cell.ts'
import { figuresOf } from '../figures.ts'
import { dimensionAddress, link, matrixAddress, memberAddress, pairAddress } from '../links.ts'
import { sawTraffic, type Traffic } from '../traffic.ts'
import { formatQuantity, formatRate, SHOWN, UNKNOWN } from '../units.ts'
import { dataTimeOf } from './data-time.ts'
import type { Page } from './page.ts'
import { NO_DATA, type Seen } from './range.ts'
import type { Site, SiteDimension, SitePair } from './site.ts'
import { midSentence } from './words.ts'

/** Shades of a heat table, the faintest 1. */
const SHADES = 8

interface MatrixCell {
  /** `null`: nothing was ever seen, or the pair has no pages. */
  readonly href: string | null
  /** Ever. */
  readonly isSeen: boolean
  readonly in: string
  readonly out: string
  /** 0: nothing. */
  readonly shade: number
}

/** Every pair of two dimensions: average bits in and out over the last 24 hours. Rows of the first, columns of the second, both by the config. */
export function matrixPage(site: Site, pair: SitePair, day: Traffic, seen: Seen): Page {
  const [first, second] = pair
  const isPaged = site.pagedPairs.includes(pair)
  const address = matrixAddress(
    first.dimension,
    second.dimension,
    first.members.map(({ id }) => id),
  )
  const columns = second.members.filter(({ id }) =>
    first.members.some((row) => seen.has(pairCell(first, row.id, second, id))),
  )
  const greatest = Math.max(
    0,
    ...first.members.flatMap((row) =>
      columns.map(({ id }) => averageOf(day, pairCell(first, row.id, second, id)) ?? 0),
    ),
  )
  return {
    address,
    template: 'matrix',
    title: `${first.dimension.title} by ${midSentence(second.dimension.singular)}`,
    section: dimensionAddress(first.dimension),
    trail: [{ href: link(address, dimensionAddress(first.dimension)), label: first.dimension.title }],
    data: dataTimeOf(site, day),
    content: {
      heading: `${first.dimension.title} by ${midSentence(second.dimension.singular)}`,
      corner: first.dimension.singular,
      empty: day.to === 0 ? NO_DATA : columns.length === 0 ? 'No traffic was seen in any pair of these.' : '',
      columns: columns.map(({ id, label }) => ({ label, href: link(address, memberAddress(second.dimension, id)) })),
      key: greatest === 0 ? [] : heatKey(greatest),
      rows: first.members
        .map((row) => ({
          label: row.label,
          href: link(address, memberAddress(first.dimension, row.id)),
          cells: columns.map(({ id }): MatrixCell => {
            const cell = pairCell(first, row.id, second, id)
            const href = link(address, pairAddress(first.dimension, row.id, second.dimension, id))
            const isSeen = seen.has(cell)
            return { href: isSeen && isPaged ? href : null, isSeen, ...shownOf(day, cell, greatest) }
          }),
        }))
        .filter(({ cells }) => cells.some(({ isSeen }) => isSeen)),
    },
  }
}

function pairCell(first: SiteDimension, firstId: string, second: SiteDimension, secondId: string): string {
  return cellName([first.dimension.name, firstId], [second.dimension.name, secondId])
}

function averageOf(day: Traffic, cell: string): number | null {
  const [inward, out] = (['in', 'out'] as const).map((way) => figuresOf(day, cell, way, 'octets').average)
  return inward === null || out === null ? null : inward! + out!
}

function shownOf(day: Traffic, cell: string, greatest: number): Omit<MatrixCell, 'href' | 'isSeen'> {
  if (!sawTraffic(day, cell)) return { in: UNKNOWN, out: UNKNOWN, shade: 0 }
  const average = averageOf(day, cell) ?? 0
  return {
    in: formatRate(figuresOf(day, cell, 'in', 'octets').average),
    out: formatRate(figuresOf(day, cell, 'out', 'octets').average),
    shade: shadeOf(average, greatest),
  }
}

/** From what average on, in and out together, each shade is used; the faintest first. */
function heatKey(greatest: number): object[] {
  return Array.from({ length: SHADES }, (_, at) => ({
    shade: at + 1,
    from: at === 0 ? '' : formatQuantity(greatest / 3 ** (SHADES - at), SHOWN.octets.rate),
  }))
}

/** A shade is a factor of three: traffic spans many orders of magnitude. */
function shadeOf(value: number, greatest: number): number {
  if (value <= 0) return 0
  return Math.max(1, SHADES - Math.floor(Math.log(greatest / value) / Math.log(3)))
}
