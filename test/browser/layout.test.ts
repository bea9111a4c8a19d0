import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isWithout } from '../programs.ts'
import { launchChromium } from './browser.ts'
import { LAYOUT } from './layout.ts'

const CHART = '<div class="chart"><svg width="300" height="200">'

describe.skipIf(isWithout('what is seen of a layout', 'chromium'))('an eye', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchChromium()
  })
  afterAll(() => browser?.close())

  test.each([
    { fault: 'the page is 908 px wide', html: '<div style="width:900px">x</div>' },
    { fault: 'the header is 300 px tall', header: '<header style="height:300px"></header>', html: '' },
    { fault: 'there is no main landmark', header: '<header></header><main style="height:99px"></main>', html: '' },
    { fault: 'there is not one h1', html: '<h1>second</h1>' },
    { fault: 'a value is missing', html: '<p>undefined b/s</p>' },
    { fault: 'an image is broken', html: '<img src="data:image/png;base64,AAAA">' },
    { fault: 'no key scrolls', html: '<div style="overflow-x:auto"><p style="width:900px">x</p></div>' },
    {
      fault: 'nothing tells that this scrolls',
      html: '<div tabindex="0" style="overflow-x:auto"><p style="width:900px">x</p></div>',
    },
    { fault: 'cut or beyond its box', html: '<h2 style="width:9px;overflow:hidden">traffic</h2>' },
    { fault: 'off the screen', html: '<p style="margin-left:-99px;width:120px">traffic</p>' },
    { fault: 'a chart is not shown', html: `<div hidden>${CHART}</svg></div></div>` },
    { fault: 'a chart is 50 by', html: '<div class="chart"><svg width="50" height="200"></svg></div>' },
    { fault: 'too small to be read', html: `${CHART}<text x="50" y="50" font-size="5">12</text></svg></div>` },
    { fault: 'a label of a chart is cut', html: `${CHART}<text x="-9" y="50">1234</text></svg></div>` },
    {
      fault: 'labels of a chart touch',
      html: `${CHART}<text x="50" y="50">1234</text><text x="60" y="52">5678</text></svg></div>`,
    },
  ])('sees that $fault', async ({ fault, html, header = '<header></header>' }) => {
    const page = await browser.newPage({ viewport: { width: 600, height: 400 } })
    const whole = '<main style="min-height:99px"><h1>Traffic</h1>'
    await page.setContent(`<!doctype html><body>${header}${whole}</main>`)
    const before = header === '<header></header>' ? await page.evaluate(LAYOUT) : []
    await page.setContent(`<!doctype html><body>${header}${whole}${html}</main>`)
    const told = (await page.evaluate(LAYOUT)) as string[]
    expect(before).toEqual([])
    expect(
      told.some((each) => each.includes(fault)),
      told.join(),
    ).toBe(true)
    await page.close()
  })
})
