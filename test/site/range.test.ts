import { expect, test } from 'vitest'
import { newestSlot } from '../../ingest/store/part.ts'
import { rangePage, totalSubject } from '../../site/pages/range.ts'
import { createSite } from '../../site/pages/site.ts'
import { cellsSeen, createTrafficReader, type RangeName } from '../../site/traffic.ts'
import { configOf, part, store } from './stored.ts'

/** The page of all traffic: what is on its chart of bits by name, and the greatest five minutes on it. */
function chartOf(range: RangeName) {
  const config = configOf()
  // Of a half hour five slots are known: 3,000 octets are 80 b/s, one moved four times as much.
  store(config, ...[0, 1, 2, 4, 5].map((at) => part(at, { http: at === 4 ? [12_000, 300] : [3000, 300] })))
  const site = createSite(config)
  const traffic = createTrafficReader(config.data, newestSlot(config.data)).read(range)
  const page = rangePage(site, totalSubject(site), traffic, cellsSeen(traffic), { board: null, since: null }, null)
  const { stacks, statements } = page.content as {
    stacks: { readout: { label: string; in: string; out: string }[] }[]
    statements: string
  }
  const chart = page.charts!.bits!
  return {
    names: stacks[0]!.readout.map(({ label, in: inward, out }) => `${label} ${inward} ${out}`),
    total: Array.from(chart.total.in).slice(-6),
    peak: chart.peak === undefined ? null : Array.from(chart.peak.in).slice(-1),
    statements,
  }
}

test('points of five minutes have no line of the greatest five minutes; a slot without a flow file is a gap between them', () => {
  expect(chartOf('day')).toEqual({
    names: ['Web 128 8', 'total 128 8'],
    total: [80, 80, 80, Number.NaN, 320, 80],
    peak: null,
    statements: '',
  })
})

test('wider points have it, by name among what is on the chart', () => {
  const { names, total, peak } = chartOf('week')
  expect(names).toEqual(['Web 128 8', 'total 128 8', 'greatest 5 minutes 320 8'])
  expect(total.slice(-2)).toEqual([Number.NaN, 128])
  expect(peak).toEqual([320])
})
