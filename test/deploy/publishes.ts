import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import type { ConfigInput } from '../../ingest/config/index.ts'
import { startNginx } from '../nginx.ts'
import { noVisits, type Visits, visit } from './visitor.ts'

const PUBLISHER = new URL('publisher.mjs', import.meta.url).pathname
/** Two hours before a day, a month's first week and the archive's second day begin. */
const FROM = Date.parse('2026-10-31T22:00:00Z') / 1000

const CONFIG: ConfigInput = {
  subnets: '198.18.0.0/17',
  flows: { dir: 'flows' },
  networks: { library: '198.18.0.0/20', dormitories: '198.18.32.0/19' },
  services: { https: '443/tcp', dns: '53/udp' },
  reports: { pairs: [] },
}

export interface PublishOptions {
  /** The directory that holds the compiled flowscan. */
  readonly product: string
  /** An empty directory. */
  readonly folder: string
  readonly publishes: number
  readonly visitors: number
  /** What nginx serves, below `folder`. */
  readonly root?: string
  /** Changes of the config. */
  readonly config?: Partial<ConfigInput>
  readonly onPublish?: (done: number, visits: Visits) => void
}

export interface PublishReport {
  readonly publishes: number
  readonly rendered: number
  readonly seconds: number
  readonly visits: Visits
}

/**
 * Publishes a site again and again, a slot of made-up traffic each time, under nginx as it is shipped, while visitors walk through it. Rejects when the publisher fails.
 */
export async function publishUnderVisitors(options: PublishOptions): Promise<PublishReport> {
  const { product, folder, publishes, visitors, root = 'public/current', config = {}, onPublish } = options
  mkdirSync(join(folder, 'flows'), { recursive: true })
  writeFileSync(join(folder, 'flowscan.config.json'), JSON.stringify({ ...CONFIG, ...config }))
  const publisher = spawn(
    process.execPath,
    [PUBLISHER, product, join(folder, 'flowscan.config.json'), String(FROM), String(publishes)],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  let said = ''
  publisher.stderr.on('data', (bytes) => {
    said += bytes
  })
  let isOver = false
  const ended = new Promise<void>((resolve) =>
    publisher.once('exit', () => {
      isOver = true
      resolve()
    }),
  )
  const visits = noVisits()
  let done = 0
  let rendered = 0
  createInterface(publisher.stdout).on('line', (line) => {
    rendered += Number(line)
    done++
    onPublish?.(done, visits)
  })
  const started = performance.now()
  try {
    while (done === 0 && !isOver) await wait(10)
    const nginx = await startNginx(join(folder, 'nginx'), { root: join(folder, root) })
    const visitor = (at: number) => ({ takesPacked: at % 2 === 0, remembers: at % 4 < 2 })
    await Promise.all(Array.from({ length: visitors }, (_, at) => visit(nginx.url, visitor(at), visits, () => isOver)))
    await nginx.stop()
  } finally {
    publisher.kill('SIGKILL')
    await ended
  }
  if (done < publishes) throw new Error(`the publisher ended after ${done} of ${publishes} publishes: ${said}`)
  return { publishes: done, rendered, seconds: (performance.now() - started) / 1000, visits }
}

/** How many answers were what nobody should ever get. */
export function faultsOf({ refused, truncated, mixed }: Visits): number {
  return Object.values(refused).reduce((sum, count) => sum + count, 0) + truncated + mixed
}
