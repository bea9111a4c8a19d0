import { cellName } from '../../ingest/model/cell.ts'
import { figuresOf, volumeOf } from '../figures.ts'
import { dimensionAddress, link, matrixAddress, memberAddress, pairAddress } from '../links.ts'
import { sawTraffic, type Traffic } from '../traffic.ts'
import { formatCount, formatQuantity, formatRate, SHOWN, UNKNOWN } from '../units.ts'
import { dataTimeOf } from './data-time.ts'
import type { Page } from './page.ts'
import { NO_DATA } from './range.ts'
import { pairCell, pairsSeen, type Seen } from './seen.ts'
import type { Site, SiteDimension, SiteMember, SitePair } from './site.ts'
import { midSentence } from './words.ts'

/** Shades of a heat table, the faintest 1. */
const SHADES = 8
/** Nobody reads a table of a million cells, and few browsers show it: of longer rows and columns the busiest are shown. */
const MOST_MEMBERS = 150

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

const NOTHING: MatrixCell = { href: null, isSeen: false, in: UNKNOWN, out: UNKNOWN, shade: 0 }

/** The pairs of two dimensions: average bits in and out over the last 24 hours. Rows of the first, columns of the second, both by the config. */
export function matrixPage(site: Site, pair: SitePair, day: Traffic, seen: Seen): Page {
  const [first, second] = pair
  const isPaged = site.pagedPairs.includes(pair)
  const address = matrixAddress(
    first.dimension,
    second.dimension,
    first.members.map(({ id }) => id),
  )
  const pairs = pairsSeen(seen, pair)
  const seenOf = (row: SiteMember) => pairs.get(row.id) ?? NONE
  const seenColumns = new Set(first.members.flatMap((row) => [...seenOf(row)]))
  const allColumns = second.members.filter(({ id }) => seenColumns.has(id))
  const allRows = first.members.filter((row) => allColumns.some(({ id }) => seenOf(row).has(id)))
  const [rows, columns] = [busiest(day, first, allRows), busiest(day, second, allColumns)]
  const isShown = new Set(columns.map(({ id }) => id))
  const greatest = rows
    .flatMap((row) => [...seenOf(row)].filter((id) => isShown.has(id)).map((id) => pairCell(pair, row.id, id)))
    .reduce((most, cell) => Math.max(most, averageOf(day, cell) ?? 0), 0)
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
      cut: cutInWords([first, rows.length, allRows.length], [second, columns.length, allColumns.length]),
      columns: columns.map(({ id, label }) => ({ label, href: link(address, memberAddress(second.dimension, id)) })),
      key: greatest === 0 ? [] : heatKey(greatest),
      rows: rows.map((row) => ({
        label: row.label,
        href: link(address, memberAddress(first.dimension, row.id)),
        cells: columns.map(({ id }): MatrixCell => {
          if (!seenOf(row).has(id)) return NOTHING
          const href = isPaged ? link(address, pairAddress(first.dimension, row.id, second.dimension, id)) : null
          return { href, isSeen: true, ...shownOf(day, pairCell(pair, row.id, id), greatest) }
        }),
      })),
    },
  }
}

const NONE: ReadonlySet<string> = new Set()

/** As many as a table can show, in their order. */
function busiest(day: Traffic, { dimension }: SiteDimension, members: readonly SiteMember[]): readonly SiteMember[] {
  if (members.length <= MOST_MEMBERS) return members
  const volumes = members.map((member) => ({
    member,
    volume: Number(volumeOf(day, cellName([dimension.name, member.id]))),
  }))
  volumes.sort((a, b) => b.volume - a.volume)
  const chosen = new Set(volumes.slice(0, MOST_MEMBERS).map(({ member }) => member))
  return members.filter((member) => chosen.has(member))
}

/** `The busiest 150 of 1,000 networks`; empty when nothing was left out. */
function cutInWords(...axes: readonly (readonly [of: SiteDimension, shown: number, all: number])[]): string {
  const cut = axes.filter(([, shown, all]) => shown < all)
  const told = cut.map(
    ([{ dimension }, shown, all]) => `${formatCount(shown)} of ${formatCount(all)} ${midSentence(dimension.title)}`,
  )
  return told.length === 0 ? '' : `The busiest ${told.join(', ')}; the page of each has the pairs of all.`
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
