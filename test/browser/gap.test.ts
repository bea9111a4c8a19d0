import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { StackedChart } from '../../site/charts/chart.ts'
import { ratesFrom } from '../../site/charts/rates.ts'
import { renderStacked } from '../../site/charts/render.ts'
import { themeCss } from '../../site/charts/theme.ts'
import { isWithout } from '../programs.ts'
import { launchChromium } from './browser.ts'

const POINTS = 288
const LAYER = 'rgb(200 0 0)'

function chartOf(rate: (point: number) => number | null): StackedChart {
  const rates = ratesFrom(Array.from({ length: POINTS }, (_, point) => rate(point)))
  return {
    title: 'Campus',
    description: 'Bits per second',
    unit: 'b/s',
    from: 0,
    to: POINTS * 300,
    stepSeconds: 300,
    timeZone: 'UTC',
    layers: [{ label: 'layer', color: LAYER, in: rates, out: rates }],
    total: { in: rates, out: rates },
  }
}

/** Of each column of pixels on the row that is `share` of the height below the top of the plot: is the layer there? Runs in the page. */
const COLUMNS = `async ([png, share]) => {
  const image = new Image()
  image.src = 'data:image/png;base64,' + png
  await image.decode()
  const canvas = new OffscreenCanvas(image.width, image.height).getContext('2d')
  canvas.drawImage(image, 0, 0)
  const { data } = canvas.getImageData(0, Math.round(image.height * share), image.width, 1)
  return Array.from({ length: image.width }, (_, x) => data[4 * x] - data[4 * x + 1])
}`

describe.skipIf(isWithout('narrow things on a chart', 'chromium'))('a chart on a telephone', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchChromium()
  })
  afterAll(() => browser?.close())

  /** How red the pixels of a row are, of the width of the chart. */
  async function rowOf(chart: StackedChart, share: number): Promise<number[]> {
    const page = await browser.newPage({ viewport: { width: 390, height: 400 } })
    try {
      await page.setContent(`<style>body{margin:0}${themeCss()}</style>${await renderStacked(chart)}`)
      const png = (await page.locator('.chart svg:visible').screenshot()).toString('base64')
      return (await page.evaluate(`(${COLUMNS})(${JSON.stringify([png, share])})`)) as number[]
    } finally {
      await page.close()
    }
  }

  /** The columns between the first and the last that hold something of the layer. */
  const inside = (row: readonly number[]) =>
    row.slice(
      row.findIndex((red) => red > 100),
      row.findLastIndex((red) => red > 100) + 1,
    )

  test('one slot without a flow file can be seen among busy ones', async () => {
    const whole = inside(
      await rowOf(
        chartOf(() => 1000),
        0.4,
      ),
    )
    expect(whole.length).toBeGreaterThan(250)
    expect(Math.min(...whole)).toBeGreaterThan(150)
    const broken = inside(
      await rowOf(
        chartOf((point) => (point === 140 ? null : 1000)),
        0.4,
      ),
    )
    const pale = broken.filter((red) => red < 120).length
    expect(pale).toBeGreaterThanOrEqual(1)
    expect(pale).toBeLessThanOrEqual(3)
  })

  test('one busy slot can be seen among idle ones, and among gaps', async () => {
    for (const rest of [0, null]) {
      const row = await rowOf(
        chartOf((point) => (point === 140 ? 1000 : rest)),
        0.4,
      )
      expect(Math.max(...row), String(rest)).toBeGreaterThan(100)
    }
  })
})
