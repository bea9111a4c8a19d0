import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildCampusSite } from '../../campus-site.ts'
import { type Nginx, startNginx } from '../../nginx.ts'
import { measureChart } from './chart.ts'
import { type Figure, isMissed, printFigure } from './figure.ts'
import { measureLighthouse } from './lighthouse.ts'
import { measurePaint } from './paint.ts'
import { measureArchive, measureRebuild } from './rebuild.ts'
import { measureWeight } from './weight.ts'

/** A whole day of the demo's campus, so that every point of a day's chart is drawn. */
const CAMPUS = { end: Date.parse('2026-11-24T21:00:00Z') / 1000, hours: 25, flowsPerSlot: 600 }

export interface BenchOptions {
  readonly entities: readonly number[]
  /** Seconds between rebuilds. */
  readonly pause: number
}

/** Measures and prints; returns how many limits were missed. */
export async function benchSite(only: readonly string[], { entities, pause }: BenchOptions): Promise<number> {
  const base = mkdtempSync(join(tmpdir(), 'flowscan-bench-'))
  let missed = 0
  const tell = (figure: Figure) => {
    printFigure(figure)
    if (isMissed(figure)) missed++
  }
  try {
    if (only.includes('chart')) await measureChart(base, tell)
    if (['weight', 'paint', 'lighthouse'].some((name) => only.includes(name))) await measureCampus(base, only, tell)
    if (only.includes('rebuild')) for (const count of entities) measureRebuild(base, count, pause, tell)
    if (only.includes('archive')) measureArchive(base, pause, tell)
  } finally {
    rmSync(base, { recursive: true, force: true })
  }
  return missed
}

async function measureCampus(base: string, only: readonly string[], tell: (figure: Figure) => void): Promise<void> {
  const { site } = await buildCampusSite(join(base, 'campus'), CAMPUS)
  const root = join(site.dir, 'current')
  if (only.includes('weight')) measureWeight(root, tell)
  const nginx: Nginx = await startNginx(join(base, 'nginx'), { root })
  try {
    if (only.includes('paint')) await measurePaint(nginx.url, tell)
    if (only.includes('lighthouse')) await measureLighthouse(nginx.url, tell)
  } finally {
    await nginx.stop()
  }
}
