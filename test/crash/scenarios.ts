import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { BASE_SLOT, FIXTURES, laterFlowFile } from '../flow-files.ts'
import { type State, stateOf, viewOf } from './state.ts'
import { isTemporary } from './strace.ts'

/** Something flowscan does, with all that the harness has to know of it. A new one is one entry in the list below. */
export interface Scenario {
  readonly name: string
  readonly command: string
  /** Makes the directory as it is before; `flowscan` runs a command on it. */
  prepare(base: string, flowscan: (command: string) => Promise<void>): Promise<void>
  /** A rename (`rename FROM -> TO #1`) that is told it leads to another file system, in every run under strace. */
  readonly crosses?: RegExp
  /** What has to be the same, byte for byte, however often the command was disturbed. */
  stateOf(base: string): State
}

const CONFIG = {
  subnets: '198.51.100.0/24',
  networks: { servers: '198.51.100.0/25' },
  services: { http: '80/tcp' },
  reports: { pairs: [] },
}
const DAY = 86_400

export const scenarios: readonly Scenario[] = [
  {
    name: 'ingest',
    command: 'ingest',
    async prepare(base, flowscan) {
      configure(base)
      putFlowFile(base, { at: 0 })
      await flowscan('ingest')
      putFlowFile(base, { at: 300 })
      putFlowFile(base, { at: DAY, drop: 3 })
      putFlowFile(base, { at: 0 })
      putFlowFile(base, { at: 600, name: flowFileName(0), directory: 'flows/2024-05-01' })
      putFile(base, flowFileName(900), readFileSync(join(FIXTURES, 'damaged/ft-bad-magic1.ft')))
    },
    stateOf: storeOf,
  },
  {
    name: 'ingest, the longer file supersedes',
    command: 'ingest',
    async prepare(base, flowscan) {
      configure(base)
      putFile(base, flowFileName(0), laterFlowFile(0).subarray(0, 30_000))
      await flowscan('ingest')
      putFlowFile(base, { at: 0 })
    },
    stateOf: storeOf,
  },
  {
    name: 'ingest, nothing stored yet',
    command: 'ingest',
    async prepare(base) {
      configure(base)
      putFlowFile(base, { at: 0 })
    },
    stateOf: storeOf,
  },
  {
    name: 'ingest, saved on another file system',
    command: 'ingest',
    crosses: /^rename flows\//,
    async prepare(base, flowscan) {
      configure(base)
      putFlowFile(base, { at: 0 })
      await flowscan('ingest')
      putFlowFile(base, { at: 300 })
    },
    // Half a copy goes when a file is next copied there. The next run here need not, for no rename fails in it.
    stateOf: (base) => withoutTemporaries(storeOf(base), 'saved/'),
  },
  {
    name: 'ingest, files stay',
    command: 'ingest',
    async prepare(base, flowscan) {
      configure(base, { flows: { saved: false } })
      putFlowFile(base, { at: 0 })
      await flowscan('ingest')
      putFlowFile(base, { at: 300 })
      putFile(base, flowFileName(900), readFileSync(join(FIXTURES, 'damaged/ft-bad-magic1.ft')))
    },
    stateOf: storeOf,
  },
  {
    name: 'repair',
    command: 'ingest',
    async prepare(base, flowscan) {
      configure(base)
      for (const at of [0, 300]) putFlowFile(base, { at })
      await flowscan('ingest')
      const parts = join(base, 'data/parts/2024-05-01')
      for (const name of readdirSync(parts)) writeFileSync(join(parts, name), '')
      rmSync(join(base, 'data/series/5m'), { recursive: true })
    },
    stateOf: storeOf,
  },
  {
    name: 'seal',
    command: 'ingest',
    async prepare(base, flowscan) {
      configure(base)
      for (const at of [0, 300]) putFlowFile(base, { at })
      await flowscan('ingest')
      putFlowFile(base, { at: 4 * DAY })
      await flowscan('ingest')
      putFlowFile(base, { at: 600 })
      putFlowFile(base, { at: 8 * DAY })
    },
    stateOf: storeOf,
  },
  {
    name: 'prune',
    command: 'prune',
    async prepare(base, flowscan) {
      configure(base, { retention: { '5m': '7d', '30m': '8d' } })
      for (let day = 0; day < 12; day++) putFlowFile(base, { at: day * DAY })
      await flowscan('ingest')
    },
    stateOf: storeOf,
  },
  {
    name: 'rebuild',
    command: 'rebuild --from 2024-05-01',
    async prepare(base, flowscan) {
      configure(base)
      for (const at of [0, 300]) putFlowFile(base, { at })
      await flowscan('ingest')
      configure(base, { networks: { mail: '198.51.100.0/28' } })
    },
    stateOf: (base) => ({ ...generationOf(base), ...stateOf(base, ['saved', 'flows']) }),
  },
  {
    name: 'build',
    command: 'build',
    async prepare(base, flowscan) {
      configure(base)
      putFlowFile(base, { at: 0 })
      await flowscan('run')
      putFlowFile(base, { at: 300 })
      await flowscan('ingest')
    },
    stateOf: siteOf,
  },
  {
    name: 'build, the first',
    command: 'build',
    async prepare(base, flowscan) {
      configure(base)
      putFlowFile(base, { at: 0 })
      await flowscan('ingest')
    },
    stateOf: siteOf,
  },
]

function configure(base: string, more: object = {}): void {
  mkdirSync(join(base, 'flows'), { recursive: true })
  writeFileSync(join(base, 'flowscan.config.json'), JSON.stringify({ ...CONFIG, ...more }))
}

interface FlowFile {
  /** Of its slot, seconds behind the first. */
  readonly at: number
  /** Without its last flows. */
  readonly drop?: number
  readonly directory?: string
  /** Another than its slot gives it. */
  readonly name?: string
}

function putFlowFile(base: string, { at, drop = 0, directory = 'flows', name = flowFileName(at) }: FlowFile): void {
  putFile(base, name, laterFlowFile(at, drop), directory)
}

function flowFileName(at: number): string {
  const [date, time] = new Date((BASE_SLOT + at) * 1000).toISOString().split('T') as [string, string]
  return `ft-v05.${date}.${time.slice(0, 8).replace(/:/g, '')}+0000`
}

/** Old enough to be taken. */
function putFile(base: string, name: string, bytes: Uint8Array, directory = 'flows'): void {
  mkdirSync(join(base, directory), { recursive: true })
  const path = join(base, directory, name)
  writeFileSync(path, bytes)
  utimesSync(path, BASE_SLOT, BASE_SLOT)
}

/** The store and the flow files. The lock names a process, `left` names inodes. */
function storeOf(base: string): State {
  return stateOf(base, ['data', 'saved', 'flows'], /^data\/(lock|health\.json|left\.json\.gz)$/)
}

/** The site as visitors find it, the archive, and temporary names. Releases have other numbers; the archive's index holds times. */
function siteOf(base: string): State {
  const site = stateOf(base, ['public'], /^public\/archive\/index\.json\.gz$/)
  const kept = Object.entries(site).filter(([path]) => path.startsWith('public/archive/') || isTemporary(path))
  return { ...viewOf(base), ...Object.fromEntries(kept), ...storeOf(base) }
}

/** The generation that counts, whatever its number. */
function generationOf(base: string): State {
  const current = join(base, 'data/current')
  return existsSync(current) ? stateOf(realpathSync(current), ['.'], /^generation\.json\.gz$/) : {}
}

function withoutTemporaries(state: State, below: string): State {
  return Object.fromEntries(Object.entries(state).filter(([path]) => !(path.startsWith(below) && isTemporary(path))))
}
