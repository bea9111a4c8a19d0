import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PRODUCT, spoilProduct } from '../crash/product.ts'
import { IN_PLACE } from './in-place.ts'
import { faultsOf, type PublishOptions, type PublishReport, publishUnderVisitors } from './publishes.ts'

export interface WholeOptions {
  readonly publishes: number
  readonly visitors: number
  /** Whether RESULT.md is written. */
  readonly record: boolean
}

/** Enough for a site rebuilt in place to be caught many times over. */
const SPOILT_PUBLISHES = 20

/** Publishes as it is meant, then in place; returns how many faults visitors met in what is meant, at least 1 when they met none in the other. */
export async function runWhole({ publishes, visitors, record }: WholeOptions): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'flowscan-'))
  const run = (name: string, options: Pick<PublishOptions, 'product' | 'publishes' | 'root' | 'config'>) => {
    mkdirSync(join(folder, name))
    const onPublish = (done: number) => {
      if (done % 50 === 0) console.error(`${name}: ${done} of ${options.publishes}`)
    }
    return publishUnderVisitors({ ...options, folder: join(folder, name), visitors, onPublish })
  }
  try {
    const reports = [
      { name: 'as shipped: the link is exchanged', report: await run('link', { product: PRODUCT, publishes }) },
      {
        name: '`site.mirror`: a plain directory',
        report: await run('mirror', {
          product: PRODUCT,
          publishes: Math.ceil(publishes / 10),
          root: 'htdocs',
          config: { site: { mirror: 'htdocs' } },
        }),
      },
      {
        name: 'made worse: the site is rebuilt in place',
        report: await run('in-place', {
          product: spoilProduct(join(folder, 'product'), IN_PLACE),
          publishes: SPOILT_PUBLISHES,
        }),
      },
    ]
    const text = describe(reports, visitors)
    console.log(text)
    if (record) writeFileSync(new URL('RESULT.md', import.meta.url), text)
    const faults = reports.map(({ report }) => faultsOf(report.visits))
    const meant = faults.slice(0, -1).reduce((sum, count) => sum + count, 0)
    return faults.at(-1) === 0 ? Math.max(1, meant) : meant
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function describe(
  reports: readonly { readonly name: string; readonly report: PublishReport }[],
  visitors: number,
): string {
  const nginx = execFileSync('sh', ['-c', 'nginx -v 2>&1 || /usr/sbin/nginx -v 2>&1'], { encoding: 'utf8' }).trim()
  const rows = reports.map(({ name, report: { publishes, rendered, seconds, visits } }) =>
    [
      name,
      publishes,
      rendered,
      Math.round(seconds),
      visits.pages,
      visits.assets,
      visits.files,
      visits.known,
      visits.packed,
      (visits.bytes / 1e6).toFixed(0),
      Object.entries(visits.refused)
        .map(([status, count]) => `${count} × ${status}`)
        .join(', ') || 0,
      visits.truncated,
      visits.mixed,
    ].join(' | '),
  )
  return `# What visitors met while the site was published

\`npm run test:publish -- --record\`, ${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${nginx.replace(/^.*: /, '')}, ${visitors} visitors at a time.

| | publishes | pages rendered | seconds | pages seen | assets | links followed | 304 | packed | MB | not 200 | truncated | pages with a link that led nowhere |
|---|---|---|---|---|---|---|---|---|---|---|---|---|
${rows.map((row) => `| ${row} |`).join('\n')}
`
}
