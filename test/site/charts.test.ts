import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { BothWays, StackedChart } from '../../site/charts/chart.ts'
import type { Rates } from '../../site/charts/rates.ts'
import { renderStacked } from '../../site/charts/render.ts'
import { renderSparkline } from '../../site/charts/sparkline.ts'
import { CHART_SIZES } from '../../site/charts/stacked.ts'
import { OTHER_COLOR } from '../../site/charts/theme.ts'
import { bothWays } from './rates.ts'
import { drawnHeights, drawnPaths, gridOf, textsOf, unitPixels } from './svg.ts'

const FROM = Date.UTC(2026, 10, 23) / 1000
const WAYS = ['in', 'out'] as const

function chartOf(points: number, given: Partial<StackedChart>): StackedChart {
  return {
    title: 'Campus',
    description: 'Bits per second',
    unit: 'b/s',
    from: FROM,
    to: FROM + points * 300,
    stepSeconds: 300,
    timeZone: 'Europe/Vienna',
    layers: [],
    total: bothWays([], []),
    ...given,
  }
}

function layer(label: string, rates: BothWays<Rates>) {
  return { label, color: `var(--${label})`, ...rates }
}

/** Layers and their total; a point is unknown everywhere or nowhere. */
const stacks = fc
  .array(
    fc.option(fc.tuple(...Array.from({ length: 6 }, () => fc.integer({ min: 0, max: 2_000_000_000 }))), { freq: 5 }),
    { minLength: 1, maxLength: 40 },
  )
  .map((points) => {
    const column = (at: number) => points.map((point) => point?.[at] ?? null)
    const sum = (...ats: number[]) =>
      points.map((point) => (point === null ? null : ats.reduce((whole, at) => whole + point[at]!, 0)))
    return chartOf(points.length, {
      layers: [0, 1, 2].map((at) => layer(`layer-${at}`, bothWays(column(at), column(at + 3)))),
      total: bothWays(sum(0, 1, 2), sum(3, 4, 5)),
    })
  })
const rendering = { numRuns: 60 }

describe('a stacked chart, read back from its picture', () => {
  test('shows every layer as high as its rates, by its own axis', async () => {
    await fc.assert(
      fc.asyncProperty(stacks, async (chart) => {
        const svg = await renderStacked(chart, [CHART_SIZES[0]])
        fc.pre(!svg.includes('No flow files'))
        const grid = gridOf(svg)
        const halfPixel = grid.ratePerPixel / 2 + grid.axisLength * 1e-4
        for (const way of WAYS) {
          const below = Array.from(chart.total[way], () => 0)
          chart.layers.forEach(({ label, ...rates }) => {
            const drawn = drawnHeights(svg, label, way, below.length, grid)
            rates[way].forEach((rate, at) => {
              below[at]! += rate || 0
              if (Number.isNaN(rate)) expect(drawn[at]).toBeNull()
              else expect(Math.abs(drawn[at]! - below[at]!)).toBeLessThanOrEqual(halfPixel)
            })
          })
        }
      }),
      rendering,
    )
  })

  test('has the line of the total on top of the stack', async () => {
    await fc.assert(
      fc.asyncProperty(stacks, async (chart) => {
        const svg = await renderStacked(chart, [CHART_SIZES[0]])
        fc.pre(!svg.includes('No flow files'))
        const points = chart.total.in.length
        for (const way of WAYS)
          expect(drawnHeights(svg, 'total', way, points)).toEqual(drawnHeights(svg, 'layer-2', way, points))
      }),
      rendering,
    )
  })

  test('says of a gap why it is empty, where there is room for words', async () => {
    const notes = async (missing: number) => {
      const rates = Array.from({ length: 288 }, (_, at) => (at < missing ? null : 5))
      const both = bothWays(rates, rates)
      return textsOf(
        await renderStacked(chartOf(288, { layers: [layer('http', both)], total: both }), [CHART_SIZES[0]]),
      )
    }
    expect((await notes(100)).filter(({ text }) => text === 'no flow files')).toHaveLength(1)
    expect((await notes(20)).filter(({ text }) => text === 'no flow files')).toEqual([])
  })

  test('has no line over a gap, and a band exactly as wide', async () => {
    const rates = [5, 5, null, null, 7, null, 0]
    const svg = await renderStacked(
      chartOf(7, { layers: [layer('http', bothWays(rates, rates))], total: bothWays(rates, rates) }),
    )
    expect(drawnHeights(svg, 'http', 'in', 7).map((height) => height === null)).toEqual(
      rates.map((rate) => rate === null),
    )
    expect(drawnHeights(svg, 'total', 'out', 7).map((height) => height === null)).toEqual(
      rates.map((rate) => rate === null),
    )
    const band = drawnPaths(svg).find(({ fill }) => fill === 'var(--chart-gap)')!
    expect([...band.d.matchAll(/M(\d+) -?\d+h(\d+)/g)].map(([, start, width]) => [start, width])).toEqual([
      ['2', '2'],
      ['5', '1'],
    ])
  })

  test('takes points behind the last one given for unknown', async () => {
    const svg = await renderStacked(chartOf(4, { total: bothWays([1, 2], [1, 2]) }), [CHART_SIZES[0]])
    expect(drawnHeights(svg, 'total', 'in', 4).slice(2)).toEqual([null, null])
  })

  test('draws the total alone where a layer was not told', async () => {
    const svg = await renderStacked(
      chartOf(2, { layers: [layer('http', bothWays([null, 4], [0, 0]))], total: bothWays([4, 4], [0, 0]) }),
      [CHART_SIZES[0]],
    )
    const [untold, told] = drawnHeights(svg, 'http', 'in', 2)
    expect(untold).toBe(0)
    expect(told).toBe(drawnHeights(svg, 'total', 'in', 2)[0])
  })

  test('paints the layers from the top of the stack to its bottom, lines last', async () => {
    const rates = bothWays([1], [1])
    const layers = [layer('bottom', rates), layer('top', rates)]
    const svg = await renderStacked(chartOf(1, { layers, total: rates, peak: rates }), [CHART_SIZES[0]])
    expect(drawnPaths(svg).map(({ title }) => title)).toEqual(['top', 'bottom', 'greatest five minutes', 'total'])
  })

  test('says why it is empty, and only then', async () => {
    const sentence = 'No flow files cover this time.'
    const nulls = bothWays([null, null], [null, null])
    const empty = await renderStacked(chartOf(2, { layers: [layer('http', nulls)], total: nulls }))
    expect(empty.split(sentence)).toHaveLength(CHART_SIZES.length + 1)
    const idle = await renderStacked(chartOf(2, { total: bothWays([0, 0], [0, 0]) }))
    expect(idle).not.toContain(sentence)
  })
})

describe('the text of a chart', () => {
  const hostile = `</title><script>alert(1)</script>"' onload=x style="y" & \u202eevil`

  test('is text, whatever it says', async () => {
    const rates = bothWays([1, 2], [1, 2])
    const svg = await renderStacked(
      chartOf(2, {
        title: hostile,
        description: hostile,
        layers: [layer('a', rates)].map((a) => ({ ...a, label: hostile })),
        total: rates,
      }),
    )
    const markup = svg.replace(/>[^<]*</g, '><')
    expect(markup).not.toMatch(/script|onload|style|javascript:/)
    const opened = [...markup.matchAll(/<(\w+)[^>]*?(\/?)>/g)]
      .filter(([, , closed]) => closed === '')
      .map(([, tag]) => tag)
    expect(opened.sort()).toEqual([...markup.matchAll(/<\/(\w+)>/g)].map(([, tag]) => tag).sort())
    expect(svg.split('&lt;/title&gt;&lt;script&gt;')).toHaveLength(2 * CHART_SIZES.length + 2)
  })

  test('names and describes every size for screen readers', async () => {
    const svg = await renderStacked(chartOf(1, { title: 'A & B', total: bothWays([1], [1]) }))
    const opened = [
      ...svg.matchAll(/<svg [^>]*role="img"[^>]*><title>A &amp; B<\/title><desc>Bits per second<\/desc>/g),
    ]
    expect(opened).toHaveLength(CHART_SIZES.length)
  })

  test.each([
    { name: 'far away', in: 900, out: 800 },
    { name: 'at the zero line', in: 0, out: 0 },
    { name: 'near the zero line', in: 40, out: 40 },
    { name: 'where out is idle', in: 900, out: 0.1 },
  ])('keeps the names of both ways and of 95th percentiles $name apart', async ({ in: inward, out }) => {
    for (const size of CHART_SIZES) {
      const total = bothWays([1000], [out < 1 ? 0 : 1000])
      const svg = await renderStacked(chartOf(1, { total, percentile95: { in: inward, out } }), [size])
      const beside = textsOf(svg).filter(({ text }) => /^(in|out|95th.*)$/.test(text))
      expect(beside.map(({ text }) => text.slice(0, 4))).toEqual(['in', 'out', '95th', '95th'])
      const heights = beside.map(({ y }) => y).sort((a, b) => a - b)
      for (const [at, y] of heights.slice(1).entries()) expect(y - heights[at]!).toBeGreaterThanOrEqual(13)
      expect(heights[0]).toBeGreaterThan(0)
      expect(heights.at(-1)).toBeLessThan(size.height - 20)
    }
  })

  test('has the unit once, and nothing but numbers at the ticks', async () => {
    const total = bothWays([3.2e9], [1.1e9])
    const svg = await renderStacked(chartOf(1, { total }), [CHART_SIZES[0]])
    expect(svg.split('Gb/s')).toHaveLength(2)
    expect(gridOf(svg).labels).toEqual(['1', '0.5', '0', '0.5', '1', '1.5', '2', '2.5', '3'])
  })
})

describe('a chart on a page', () => {
  test('shows the paths of its first size in the others', async () => {
    const svg = await renderStacked(noisy(8, 288))
    const [, id] = svg.match(/<g id="(chart-[0-9a-f]+)"/)!
    expect(svg.split(`<use href="#${id}"`)).toHaveLength(CHART_SIZES.length)
    expect(drawnPaths(svg)).toHaveLength(8 + 1)
    const [wide, middle, narrow] = CHART_SIZES.map(({ width, left, right }) => width - left - right)
    const across = [...svg.matchAll(/transform="scale\((\S+) /g)].map(([, ratio]) => Number(ratio) * wide!)
    expect(across).toEqual([expect.closeTo(middle!, 0), expect.closeTo(narrow!, 0)])
  })

  test('has ids of its own', async () => {
    const ids = await Promise.all(
      [1, 2, 1].map(async (rate) => {
        const svg = await renderStacked(chartOf(1, { total: bothWays([rate], [rate]) }))
        return svg.match(/id="([^"]+)"/)![1]
      }),
    )
    expect(ids[0]).not.toBe(ids[1])
    expect(ids[0]).toBe(ids[2])
  })

  test('weighs at most 8 KB and takes milliseconds', async () => {
    const chart = noisy(8, 288)
    for (let warm = 0; warm < 10; warm++) await renderStacked(chart)
    const start = process.cpuUsage()
    const rounds = 40
    for (let round = 0; round < rounds; round++) await renderStacked(chart)
    const { user, system } = process.cpuUsage(start)
    const milliseconds = (user + system) / 1000 / rounds
    const bytes = gzipSync(await renderStacked(chart)).length
    console.log(`8 layers x 288 points x 2: ${milliseconds.toFixed(1)} ms CPU, ${bytes} bytes gzip, three sizes`)
    expect(bytes).toBeLessThanOrEqual(8192)
    expect(milliseconds).toBeLessThan(60)
  })
})

describe('a chart of many restless layers', () => {
  const week = noisy(8, 336, 0.6)

  test('is drawn in steps of 1.4 pixels, and of one when it is calm', async () => {
    expect(unitPixels(await renderStacked(week))).toBeCloseTo(278 / 200, 3)
    expect(unitPixels(await renderStacked(noisy(3, 336, 0)))).toBe(1)
  })

  test('shows every layer half a step off at most', async () => {
    const svg = await renderStacked(week, [CHART_SIZES[0]])
    const grid = gridOf(svg)
    const halfStep = (grid.ratePerPixel * 278) / 200 / 2 + grid.axisLength * 1e-4
    for (const way of WAYS) {
      const below = Array.from(week.total[way], () => 0)
      for (const { label, ...rates } of week.layers)
        drawnHeights(svg, label, way, below.length, grid).forEach((height, at) => {
          below[at]! += rates[way][at]!
          expect(Math.abs(height! - below[at]!)).toBeLessThanOrEqual(halfStep)
        })
    }
  })

  test('weighs at most 8 KB, too', async () => {
    expect(gzipSync(await renderStacked(week)).length).toBeLessThanOrEqual(8192)
  })
})

/** A day's shape with noise in it (a share of each rate), the same in every run. */
function noisy(layers: number, points: number, noise = 0.4): StackedChart {
  let seed = 7
  const random = () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31
    return seed / 2 ** 31
  }
  const rates = (share: number) =>
    Array.from({ length: points }, (_, at) =>
      Math.round(1e9 * share * (1.2 + Math.sin((at / points) * 6)) * (1 - noise / 2 + noise * random())),
    )
  const drawn = Array.from({ length: layers }, (_, at) => ({
    label: `member ${at}`,
    color: at === layers - 1 ? OTHER_COLOR : `var(--series-${at + 1})`,
    ...bothWays(rates(0.5 ** at), rates(0.3 * 0.5 ** at)),
  }))
  const sum = (way: 'in' | 'out') =>
    Array.from({ length: points }, (_, at) => drawn.reduce((whole, layer) => whole + layer[way][at]!, 0))
  return chartOf(points, { layers: drawn, total: bothWays(sum('in'), sum('out')) })
}

describe('a sparkline', () => {
  test('is a few hundred bytes, hidden from screen readers', () => {
    const { total } = noisy(2, 288)
    const svg = renderSparkline(total)
    expect(svg.length).toBeLessThan(1000)
    expect(svg).toMatch(/^<svg class="sparkline" aria-hidden="true" width="96" height="24"/)
    expect(svg).not.toContain('style')
  })

  test('shows averages on one scale for both ways, gaps as gaps', () => {
    const svg = renderSparkline(bothWays([40, 20, null, null, 30, null], [0, 0, null, null, 30, 30]), {
      width: 6,
      height: 7,
    })
    expect(drawnPaths(svg).map(({ d }) => d)).toEqual([
      'M0 0v30h1v-30zM2 0v30h1v-30z',
      'M0 0v0h1v0zM2 0v-30h1v30z',
      'M0 3.5h6',
    ])
  })

  test('of nothing is a line', () => {
    const svg = renderSparkline(bothWays([null], []))
    expect(drawnPaths(svg).map(({ d }) => d)).toEqual(['', '', 'M0 23.5h96'])
  })
})
