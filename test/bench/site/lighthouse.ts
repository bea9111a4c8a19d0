import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findProgram } from '../../programs.ts'
import type { Figure } from './figure.ts'
import { MEASURED_PAGES } from './paint.ts'

/** The last line that runs on Node 20. It brings 200 packages, so it is no dependency: it is installed into a folder of its own, once. */
const VERSION = '12.8.2'
const HOME = join(tmpdir(), `flowscan-lighthouse-${VERSION}`)
const CATEGORIES = ['performance', 'accessibility', 'best-practices']

/** Lighthouse's scores of a phone on a slow line, and below them every audit that keeps one from being whole. */
export async function measureLighthouse(url: string, tell: (figure: Figure) => void): Promise<void> {
  installOnce()
  for (const [name, address] of Object.entries(MEASURED_PAGES)) {
    const { categories, audits } = runLighthouse(url + address)
    for (const [category, { score, auditRefs }] of Object.entries(categories)) {
      tell({
        what: `Lighthouse ${VERSION}, ${category.replace('-', ' ')}, ${name}`,
        measured: Math.round(score * 100),
        unit: '',
        limit: 100,
        isLeast: true,
      })
      if (score === 1) continue
      for (const { id, weight } of auditRefs) {
        const { score: own, displayValue = '' } = audits[id]!
        if (weight > 0 && own !== null && own < 1) console.log(`    ${id} ${own} ${displayValue}`)
      }
    }
  }
}

function installOnce(): void {
  if (existsSync(join(HOME, 'node_modules', 'lighthouse', 'package.json'))) return
  mkdirSync(HOME, { recursive: true })
  const args = ['install', '--prefix', HOME, '--ignore-scripts', '--no-audit', '--no-fund', `lighthouse@${VERSION}`]
  const { status, stderr } = spawnSync('npm', args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`Lighthouse cannot be installed: ${stderr}`)
}

interface Report {
  readonly categories: {
    readonly [name: string]: {
      readonly score: number
      readonly auditRefs: readonly { readonly id: string; readonly weight: number }[]
    }
  }
  readonly audits: { readonly [id: string]: { readonly score: number | null; readonly displayValue?: string } }
}

function runLighthouse(address: string): Report {
  const flags = '--headless=new --no-sandbox --disable-gpu --disable-background-networking --disable-component-update'
  // Into a file: what it writes to a pipe is sometimes cut off when it ends.
  const report = join(HOME, 'report.json')
  rmSync(report, { force: true })
  const { stderr } = spawnSync(
    process.execPath,
    [
      join(HOME, 'node_modules', 'lighthouse', 'cli', 'index.js'),
      address,
      '--quiet',
      '--output=json',
      `--output-path=${report}`,
      `--only-categories=${CATEGORIES.join(',')}`,
      `--chrome-flags=${flags}`,
    ],
    { encoding: 'utf8', env: { ...process.env, CHROME_PATH: findProgram('chromium')! } },
  )
  if (!existsSync(report)) throw new Error(`Lighthouse failed: ${stderr}`)
  return JSON.parse(readFileSync(report, 'utf8')) as Report
}
