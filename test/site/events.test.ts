import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import type { Config } from '../../ingest/config/schema.ts'
import { buildSite } from '../../site/build.ts'
import type { StackedChart } from '../../site/charts/chart.ts'
import { eventMarks } from '../../site/charts/event-marks.ts'

import { renderStacked } from '../../site/charts/render.ts'
import { CHART_SIZES, plotOf } from '../../site/charts/stacked.ts'
import { configOf, part, store } from './stored.ts'
import { rulesOf, textsOf } from './svg.ts'

vi.setConfig({ testTimeout: 60_000 })

const FROM = Date.UTC(2026, 10, 23) / 1000
const DAY = 86_400

describe('events on a chart', () => {
  const chart = (events: StackedChart['events']): StackedChart => ({
    title: 'Campus',
    description: 'Bits per second',
    unit: 'b/s',
    from: FROM,
    to: FROM + DAY,
    stepSeconds: 300,
    timeZone: 'UTC',
    layers: [],
    total: { in: new Float64Array(288).fill(1000), out: new Float64Array(288).fill(10) },
    ...(events && { events }),
  })

  test.each(CHART_SIZES)('stand where they happened, with a number above each, on a $name chart', async (size) => {
    const noon = FROM + DAY / 2
    const svg = await renderStacked(
      chart([
        { at: FROM - 3600, to: FROM + 3600, number: 1 },
        { at: noon, to: null, number: 2 },
        { at: noon + 7200, to: noon + 14_400, number: 3 },
      ]),
      [size],
    )
    const { width, height } = plotOf(size)
    const ruled = rulesOf(svg).filter(({ y }) => y === -4)
    const x = (hours: number) => Math.round((width * hours * 10) / 24) / 10
    const rounded = (pixels: string | undefined) => Math.round(Number(pixels) * 10) / 10
    expect(ruled.map(({ x, down }) => [x, down])).toEqual([1, 12, 14, 16].map((hours) => [x(hours), height + 4]))
    const [, banded] = svg.match(/<path d="([^"]*)" fill="var\(--chart-event\)"/)!
    const bands = [...banded!.matchAll(/M([\d.]+) 0h([\d.]+)v[\d.]+h-[\d.]+z/g)]
    expect(bands.map(([, at, wide]) => [rounded(at), rounded(wide)])).toEqual([
      [0, x(1)],
      [x(14), Math.round((x(16) - x(14)) * 10) / 10],
    ])
    const numbers = textsOf(svg).filter(({ y }) => y === -7)
    expect(numbers).toEqual([0, 12, 14].map((hours, at) => ({ x: x(hours), y: -7, text: String(at + 1) })))
  })

  test('are none where there are none', async () => {
    const svg = await renderStacked(chart(undefined), [CHART_SIZES[0]])
    expect(rulesOf(svg).filter(({ y }) => y === -4)).toEqual([])
    expect(textsOf(svg).filter(({ y }) => y === -7)).toEqual([])
  })

  test('have numbers that never touch each other, and all of them', () => {
    const moments = fc.array(fc.integer({ min: 0, max: DAY - 1 }), { minLength: 1, maxLength: 40 })
    fc.assert(
      fc.property(moments, fc.constantFrom(...CHART_SIZES), (given, size) => {
        const events = [...given].sort((a, b) => a - b).map((at, index) => ({ at, to: null, number: index + 1 }))
        const { numbers, rules } = eventMarks(events, 0, DAY, plotOf(size).width)
        expect(rules).toHaveLength(events.length)
        // A digit of eleven pixels' type is less than seven wide.
        const ends = numbers.map(({ x, label }) => [x - label.length * 3.5, x + label.length * 3.5] as const)
        for (const [at, [left]] of ends.entries()) if (at > 0) expect(left).toBeGreaterThan(ends[at - 1]![1])
        const told = numbers.flatMap(({ label }) => {
          const [first, last] = label.split('–').map(Number) as [number, number?]
          return Array.from({ length: (last ?? first) - first + 1 }, (_, more) => first + more)
        })
        expect(told).toEqual(events.map(({ number }) => number))
      }),
    )
  })
})

describe('the events of a site', () => {
  const HOSTILE = '"><script>alert(1)</script>{{ 7 * 7 }}'
  const read = (config: Config, file: string) => readFileSync(join(config.site.dir, 'current', file), 'utf8')
  const items = (html: string) =>
    [...html.matchAll(/<li value="(\d+)">(.*?)<\/li>/g)].map(
      ([, number, text]) => `${number} ${text!.replaceAll(/<[^>]+>/g, '')}`,
    )

  test('are on charts and below them, in the catalog, and gone with their file', async () => {
    const config = configOf({ site: { events: 'events.txt', timeZone: 'Europe/Vienna' } })
    const file = config.site.events!
    expect(file).toBe(join(dirname(config.data), 'events.txt'))
    store(config, ...[0, 1, 2, 4].map((at) => part(at, { http: [3000, 300] })))
    writeFileSync(
      file,
      `2026-11-23 01:10 Power failure\n2026-11-22 23:00 - 2026-11-23 01:05 ${HOSTILE}\n2026-10-01 08:00 Term begins\nnonsense\n`,
    )
    const log: string[] = []
    await buildSite(config, { log: (line) => log.push(line) })
    expect(log).toEqual([`${file}: line 4: it begins with no time such as 2026-11-23 16:35, but with "nonsense"`])

    for (const page of ['index.html', 'total/index.html', 'networks/campus/index.html', 'services/http/index.html']) {
      const html = read(config, page)
      expect(items(html), page).toEqual([
        '1 22 Nov 2026, 23:00 CET to 23 Nov 2026, 01:05 CET &quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;{{ 7 * 7 }}',
        '2 23 Nov 2026, 01:10 CET Power failure',
      ])
      const wide = html.slice(html.indexOf('<svg class="chart-wide"'), html.indexOf('<svg class="chart-middle"'))
      expect(
        textsOf(wide).flatMap(({ y, text }) => (y === -7 ? [text] : [])),
        page,
      ).toEqual(['1', '2'])
    }
    expect(read(config, 'total/index.html').match(/<text x="[\d.]+" y="-7"/g)).toHaveLength(2 * 3 * 3)
    expect(read(config, 'quality/index.html')).toContain('line 4: it begins with no time')
    expect(JSON.parse(read(config, 'data/catalog.json')).events).toEqual([
      { at: Date.parse('2026-10-01T06:00:00Z') / 1000, label: 'Term begins' },
      { at: Date.parse('2026-11-22T22:00:00Z') / 1000, to: Date.parse('2026-11-23T00:05:00Z') / 1000, label: HOSTILE },
      { at: Date.parse('2026-11-23T00:10:00Z') / 1000, label: 'Power failure' },
    ])
    // The last complete day of the year is the one before.
    expect(items(read(config, 'total/year/index.html')).map((item) => item.slice(0, 13))).toEqual([
      '1 1 Oct 2026,',
      '2 22 Nov 2026',
    ])

    expect((await buildSite(config)).rendered).toBe(0)
    rmSync(file)
    await buildSite(config)
    expect(items(read(config, 'total/index.html'))).toEqual([])
    expect(read(config, 'quality/index.html')).toContain('it is not there')
  })
})
