import { cellName, OTHER, TOTAL } from '../../ingest/model/cell.ts'
import { figuresOf, ratesOf, shareOf, volumeOf } from '../figures.ts'
import { dimensionAddress, link, matrixAddress, memberAddress } from '../links.ts'
import { isKnown, sawTraffic, type Traffic } from '../traffic.ts'
import { formatRate, formatShare } from '../units.ts'
import { dataTimeOf } from './data-time.ts'
import { definitionOf } from './definition.ts'
import type { Page } from './page.ts'
import { NO_DATA } from './range.ts'
import type { Site, SiteDimension, SiteMember } from './site.ts'
import { midSentence } from './words.ts'

/** Every member of a dimension with its last 24 hours: the busiest first, `other` last. */
export function dimensionPage(site: Site, of: SiteDimension, day: Traffic): Page {
  const { dimension } = of
  const address = dimensionAddress(dimension)
  const members = sortByVolume(day, of)
  return {
    address,
    template: 'dimension',
    title: dimension.title,
    section: address,
    trail: [],
    data: dataTimeOf(site, day),
    sparklines: Object.fromEntries(members.map(({ id, cell, color }) => [id, { ...sparklineOf(day, cell), color }])),
    content: {
      heading: dimension.title,
      head: dimension.singular,
      isOverlapping: dimension.ownDirection === true,
      empty:
        day.to === 0 ? NO_DATA : members.length === 0 ? `The config names no ${midSentence(dimension.title)}.` : '',
      rows: members.map((member) => rowOf(site, of, day, member, address)),
      total: { share: '', cells: cellsOf(day, TOTAL) },
      hasOther: members.some(({ id }) => id === OTHER),
      other: `What none of the configured ${midSentence(dimension.title)} names.`,
      matrices: matricesOf(site, of, address),
    },
  }
}

type MemberCell = SiteMember & { readonly cell: string }

function sortByVolume(day: Traffic, { dimension, members }: SiteDimension): MemberCell[] {
  const cells = members.map((member) => ({ ...member, cell: cellName([dimension.name, member.id]) }))
  const volumes = new Map(cells.map(({ cell }) => [cell, Number(volumeOf(day, cell))]))
  return cells.sort(
    (a, b) => Number(a.id === OTHER) - Number(b.id === OTHER) || volumes.get(b.cell)! - volumes.get(a.cell)!,
  )
}

/** Bits in and out, for a line as small as a word. */
export function sparklineOf(day: Traffic, cell: string) {
  return { in: ratesOf(day, cell, 'in', 'octets'), out: ratesOf(day, cell, 'out', 'octets') }
}

function rowOf(site: Site, { dimension }: SiteDimension, day: Traffic, member: MemberCell, from: string) {
  const share = isKnown(day) ? shareOf(volumeOf(day, member.cell), volumeOf(day, TOTAL)) : null
  return {
    id: member.id,
    label: member.label,
    color: member.color,
    href: link(from, memberAddress(dimension, member.id)),
    definition: member.id === OTHER ? '' : definitionOf(site, dimension, member.id),
    isQuiet: !sawTraffic(day, member.cell),
    share: formatShare(share),
    percent: Math.round(Math.min(1, share ?? 0) * 1000) / 10,
    cells: cellsOf(day, member.cell),
  }
}

/** In and out of: now, average, maximum, 95th percentile. */
function cellsOf(day: Traffic, cell: string): string[] {
  const ways = (['in', 'out'] as const).map((way) => figuresOf(day, cell, way, 'octets'))
  return (['now', 'average', 'max', 'percentile95'] as const).flatMap((name) =>
    ways.map((way) => formatRate(way[name])),
  )
}

/** Every pair that it is one of. */
function matricesOf(site: Site, of: SiteDimension, from: string) {
  return site.pairs
    .filter((pair) => pair.includes(of))
    .map(([first, second]) => ({
      label: `${first.dimension.title} by ${midSentence(second.dimension.singular)}`,
      href: link(
        from,
        matrixAddress(
          first.dimension,
          second.dimension,
          first.members.map(({ id }) => id),
        ),
      ),
    }))
}
