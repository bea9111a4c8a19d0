import type { Browser } from 'playwright-core'
import { launchChromium } from '../../browser/browser.ts'
import { type Figure, median } from './figure.ts'

export const MEASURED_PAGES = { overview: '', 'a network': 'networks/dormitories/', scoreboard: 'scoreboard/' }
const LOADS = 7
const PHONE = { width: 390, height: 844 }

/** First contentful paint and what moves after it, on a processor a quarter as fast, each load in a fresh profile. */
export async function measurePaint(url: string, tell: (figure: Figure) => void): Promise<void> {
  const browser = await launchChromium()
  try {
    for (const [name, address] of Object.entries(MEASURED_PAGES)) {
      const loads = []
      for (let load = 0; load < LOADS; load++) loads.push(await loadOnce(browser, url + address))
      const paint = median(loads.map(({ paint }) => paint)) / 1000
      tell({ what: `first contentful paint at 4x throttle, ${name}`, measured: paint, unit: 's', limit: 0.8 })
      tell({
        what: `layout shift, ${name}`,
        measured: Math.max(...loads.map(({ shift }) => shift)),
        unit: '',
        limit: 0,
      })
    }
  } finally {
    await browser.close()
  }
}

interface Load {
  /** Milliseconds since the visitor asked for the page. */
  readonly paint: number
  /** Sum of all layout shifts. */
  readonly shift: number
}

async function loadOnce(browser: Browser, address: string): Promise<Load> {
  const context = await browser.newContext({ viewport: PHONE })
  try {
    const page = await context.newPage()
    const session = await context.newCDPSession(page)
    await session.send('Emulation.setCPUThrottlingRate', { rate: 4 })
    await page.goto(address, { waitUntil: 'load' })
    await page.waitForTimeout(500)
    return await page.evaluate(OBSERVED)
  } finally {
    await context.close()
  }
}

const OBSERVED = `new Promise((resolve) => {
  let shift = 0
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) shift += entry.value
  }).observe({ type: 'layout-shift', buffered: true })
  setTimeout(() => {
    const paint = performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN
    resolve({ paint, shift })
  }, 300)
})`
