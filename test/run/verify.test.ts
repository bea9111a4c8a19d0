import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { parseConfig } from '../../ingest/config/load.ts'
import { ingest } from '../../ingest/run/ingest.ts'
import { type VerifyOptions, verify } from '../../ingest/run/verify.ts'
import { readJson, writeJson } from '../../ingest/store/files.ts'
import { copyOf, hashTree } from '../directory.ts'
import { CONFIG, writeFlowFiles } from '../flow-files.ts'

const DAY = '2024-05-01'
const STORED = ['data/parts', 'data/series', 'data/boards', 'saved']

let prepared: string
let base: string
const load = (directory: string, config: object = CONFIG) => parseConfig(config, join(directory, 'flowscan.config.ts'))

beforeAll(async () => {
  prepared = mkdtempSync(join(tmpdir(), 'flowscan-'))
  writeFlowFiles(join(prepared, 'flows'), 3)
  await ingest(load(prepared))
})

afterAll(() => rmSync(prepared, { recursive: true }))

/** A store of three ingested files. */
beforeEach(() => {
  base = copyOf(prepared)
})

const parts = () => readdirSync(join(base, 'data', 'parts', DAY)).map((name) => join(base, 'data', 'parts', DAY, name))
const saved = () => readdirSync(join(base, 'saved', DAY)).map((name) => join(base, 'saved', DAY, name))
const verified = async (options?: VerifyOptions, config?: object) => (await verify(load(base, config), options))[0]!

test('what is stored equals its flow files; nothing is changed', async () => {
  const before = hashTree(base, 'data', 'saved')
  expect(await verify(load(base))).toEqual([
    { day: DAY, files: 3, equal: 3, equalTotals: 0, counted: 0, withoutFile: 0, differences: [] },
  ])
  expect(hashTree(base, 'data', 'saved')).toEqual(before)
})

test('what a part of an older version does not say of exporters is not missed', async () => {
  const [path] = parts()
  const part = readJson(path!)!.value as { quality: { exporters: Record<string, { newestEndMs?: number }> } }
  for (const exporter of Object.values(part.quality.exporters)) delete exporter.newestEndMs
  writeJson(path!, part)
  expect(await verified()).toMatchObject({ equal: 3, differences: [] })
})

test('days outside the range are not looked at', async () => {
  expect(await verify(load(base), { from: '2024-05-02' })).toEqual([])
  expect(await verify(load(base), { to: '2024-04-30' })).toEqual([])
  expect(await verify(load(base), { from: DAY, to: DAY })).toHaveLength(1)
})

interface Stored {
  readonly slots: { readonly cells: { readonly total: { readonly in: number[] } } }[]
  readonly hosts: { readonly inside: { readonly rows: (string | number)[][] } }
  readonly total: { octets: number }
}

test.each<{ name: string; change: (part: Stored) => void; differs: string }>([
  { name: 'a cell', change: ({ slots }) => slots.at(-1)!.cells.total.in[0]!++, differs: 'slots' },
  { name: 'a host', change: ({ hosts }) => hosts.inside.rows[0]!.splice(1, 1, 12345), differs: 'hosts' },
  { name: 'the total', change: ({ total }) => total.octets++, differs: 'total' },
])(
  'a part in which $name is another than the flow file gives is found, checksum or not',
  async ({ change, differs }) => {
    const [path] = parts()
    const part = readJson(path!)!.value as Stored
    change(part)
    writeJson(path!, part)
    const { equal, differences } = await verified()
    expect(equal).toBe(2)
    expect(differences.filter((line) => line.startsWith(join(base, 'saved', DAY)))).toEqual([
      expect.stringMatching(new RegExp(`: its part differs in ${differs}: \\d+ flows, .* stored, .* counted now`)),
    ])
  },
)

test('a series that differs from its parts is found', async () => {
  const path = join(base, 'data/series/1d/2024.json.gz')
  const { cells, ...rest } = readJson(path)!.value as { cells: { total: { in: { octets: number[] } } } }
  cells.total.in.octets[0]!++
  writeJson(path, { ...rest, cells })
  expect((await verified()).differences).toEqual(['series/1d/2024.json.gz: it differs from what the parts give'])
})

test('under another config the totals are compared', async () => {
  const config = { ...CONFIG, networks: { campus: '198.51.100.0/25' } }
  expect(await verified({}, config)).toMatchObject({ equal: 0, equalTotals: 3, differences: [] })
})

test('a part that is damaged, one that is missing, a flow file that has gone: each is told', async () => {
  const [first, second, third] = parts()
  writeFileSync(first!, 'x')
  rmSync(second!)
  rmSync(saved()[2]!)
  expect(third).toBeDefined()
  const { files, equal, withoutFile, differences } = await verified()
  expect({ files, equal, withoutFile }).toEqual({ files: 2, equal: 0, withoutFile: 1 })
  expect(differences.join('\n')).toMatch(/its part is damaged/)
  expect(differences.join('\n')).toMatch(/no part of 2024-05-01T10:45:00Z knows it; flowscan verify --repair counts it/)
})

test('case 110: data of last week beside flow files that were saved since: the difference is counted exactly once', async () => {
  const backup = copyOf(join(base, 'data'))
  writeFlowFiles(join(base, 'flows'), 6)
  await ingest(load(base))
  const before = hashTree(base, ...STORED)
  rmSync(join(base, 'data'), { recursive: true })
  cpSync(backup, join(base, 'data'), { recursive: true, preserveTimestamps: true })
  expect((await verified()).differences).toHaveLength(3)
  expect(await verified({ countsMissing: true })).toMatchObject({ files: 6, equal: 3, counted: 3, differences: [] })
  expect(hashTree(base, ...STORED)).toEqual(before)
  expect(await verified({ countsMissing: true })).toMatchObject({ equal: 6, counted: 0 })
  expect(hashTree(base, ...STORED)).toEqual(before)
})

test('flow files that stay where they are are read there', async () => {
  const config = { ...CONFIG, flows: { saved: false } }
  for (const path of saved()) renameSync(path, join(base, 'flows', path.split('/').at(-1)!))
  expect(await verified({}, config)).toMatchObject({ files: 3, equal: 3, withoutFile: 0 })
})

test('the command prints a line for each day and ends with 0, or with 65 where something differs', async () => {
  // Enough for several threads.
  writeFlowFiles(join(base, 'flows'), 14)
  await ingest(load(base))
  const cli = new URL('../../dist/flowscan/cli.js', import.meta.url).pathname
  const config = join(base, 'flowscan.config.json')
  writeFileSync(config, JSON.stringify(CONFIG))
  const run = (...options: string[]) =>
    spawnSync(process.execPath, [cli, 'verify', '--config', config, ...options], { encoding: 'utf8' })
  expect(run('--from', DAY)).toMatchObject({
    status: 0,
    stdout: '2024-05-01: 14 flow files, 14 equal, no differences\n',
  })
  expect(run('--from', 'yesterday')).toMatchObject({
    status: 64,
    stderr: expect.stringContaining('write a UTC day as'),
  })
  const [path] = parts()
  const part = readJson(path!)!.value as Stored
  part.total.octets++
  writeJson(path!, part)
  expect(run()).toMatchObject({
    status: 65,
    stdout: expect.stringMatching(/^2024-05-01: .*1 differences\n {2}.*differs in total/),
  })
  expect(readFileSync(path!).length).toBeGreaterThan(0)
})
