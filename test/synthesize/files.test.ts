import { spawnSync } from 'node:child_process'
import { createReadStream, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { deflateSync, inflateSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { decodeFlowFile } from '../../ingest/decode/index.ts'
import { formatAddress } from '../../ingest/model/address.ts'
import type { FlowBatch } from '../../ingest/model/flow-batch.ts'
import {
  campusEvents,
  campusFlows,
  EXPORTERS,
  synthesizeFile,
  synthesizeSlot,
  synthesizeStretch,
} from '../../ingest/synthesize/index.ts'

const SLOT = Date.UTC(2026, 10, 17, 9) / 1000
const campus = { seed: 1, flowsPerSlot: 1500 }

let dir: string
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'flowscan-synthesize-'))
})
afterAll(() => rmSync(dir, { recursive: true }))

interface Totals {
  [protocol: string]: [flows: number, packets: number, octets: number]
}

function add(totals: Totals, { length, protocol, packets, octets }: FlowBatch): void {
  for (let i = 0; i < length; i++) {
    totals[protocol[i]!] ??= [0, 0, 0]
    const sum = totals[protocol[i]!]!
    sum[0]++
    sum[1] += packets[i]!
    sum[2] += octets[i]!
  }
}

async function readBack(path: string, look: (batch: FlowBatch) => void = () => {}) {
  const totals: Totals = {}
  const summary = await decodeFlowFile(createReadStream(path), (batch) => {
    add(totals, batch)
    look(batch)
  })
  return { totals, summary }
}

/** One line a flow, sorted: the same set of flows gives the same lines. */
function linesOf(batch: FlowBatch): string[] {
  const { srcAddr, dstAddr, srcPort, dstPort, protocol, tos, tcpFlags, octets, packets, startMs, endMs } = batch
  const { srcAs, dstAs, ingressIfIndex, egressIfIndex } = batch
  const columns = [srcPort, dstPort, protocol, tos, tcpFlags, octets, packets, startMs, endMs, srcAs, dstAs]
  return Array.from({ length: batch.length }, (_, i) =>
    [
      formatAddress(srcAddr, i * 4),
      formatAddress(dstAddr, i * 4),
      ...[...columns, ingressIfIndex, egressIfIndex].map((column) => column[i]),
    ].join(' '),
  )
}

describe.each([true, false])('files of a slot, compressed: %s', (compress) => {
  test.each(EXPORTERS)('$name: decoded again, every flow is what was made', async (exporter) => {
    const paths = synthesizeSlot({ dir, slot: SLOT, compress, ...campus })
    const path = paths[EXPORTERS.indexOf(exporter)]!
    const made = campusFlows(campus, exporter, SLOT)
    const found: string[] = []
    const expected: Totals = {}
    add(expected, made)
    const { totals, summary } = await readBack(path, (batch) => found.push(...linesOf(batch)))
    expect(totals).toEqual(expected)
    expect(found.sort()).toEqual(linesOf(made).sort())
    expect(summary).toMatchObject({
      format: exporter.format,
      compression: compress ? (exporter.format === 'flow-tools' ? 'zlib' : 'LZ4') : 'none',
      complete: true,
      exporters: [formatAddress(exporter.address)],
      records: made.length,
      warnings: [],
    })
    expect(Math.floor((summary.captureStartMs ?? summary.firstExportMs)! / 300_000) * 300).toBe(SLOT)
  })
})

test('files are named as their collectors would, changed at the end of the slot, with nothing left beside them', () => {
  const own = mkdtempSync(join(dir, 'names-'))
  const paths = synthesizeSlot({ dir: own, slot: SLOT, ...campus })
  expect(paths.map((path) => basename(path))).toEqual(['ft-v05.2026-11-17.090000+0000', 'nfcapd.202611170900+0000'])
  expect(readdirSync(own).sort()).toEqual(paths.map((path) => basename(path)).sort())
  expect(paths.map((path) => statSync(path).mtimeMs)).toEqual([(SLOT + 300) * 1000, (SLOT + 300) * 1000])
})

test('the same slot gives the same bytes, in whatever stretch', () => {
  const [one, two] = ['one-', 'two-'].map((name) => mkdtempSync(join(dir, name))) as [string, string]
  synthesizeStretch({ dir: one, from: SLOT, to: SLOT + 900, ...campus })
  for (const slot of [SLOT + 600, SLOT, SLOT + 300]) synthesizeSlot({ dir: two, slot, ...campus })
  expect(readdirSync(one)).toHaveLength(6)
  for (const name of readdirSync(one)) {
    expect(readFileSync(join(one, name)).equals(readFileSync(join(two, name))), name).toBe(true)
  }
})

test('during an outage there are no files; a silent router still has an empty one', async () => {
  const own = mkdtempSync(join(dir, 'events-'))
  const events = campusEvents(1, SLOT, SLOT + 2 * 86_400)
  const outage = events.find(({ kind }) => kind === 'outage')!
  expect(synthesizeSlot({ dir: own, slot: outage.from, ...campus })).toEqual([])
  expect(synthesizeSlot({ dir: own, slot: outage.from - 300, ...campus })).toHaveLength(2)
  const silence = events.find(({ kind }) => kind === 'silence')!
  const paths = synthesizeSlot({ dir: own, slot: silence.from, ...campus })
  const silent = paths[EXPORTERS.findIndex(({ name }) => name === silence.subject)]!
  const { summary } = await readBack(silent)
  expect(summary).toMatchObject({ records: 0, complete: true, warnings: [] })
})

test('a stretch tells how far it is', () => {
  const own = mkdtempSync(join(dir, 'stretch-'))
  const told: string[] = []
  const files = synthesizeStretch({
    dir: own,
    from: SLOT - 10,
    to: SLOT + 600,
    ...campus,
    onSlot: (paths, done, of) => told.push(`${paths.length} ${done}/${of}`),
  })
  expect([files, told]).toEqual([4, ['2 1/2', '2 2/2']])
})

describe('one file of any size', () => {
  test.each([
    { format: 'flow-tools', compression: 'none' },
    { format: 'flow-tools', compression: 'zlib' },
    { format: 'nfcapd', compression: 'none' },
    { format: 'nfcapd', compression: 'lz4' },
  ] as const)(
    '$format, $compression: has so many flows and so many hosts outside, all exported within the slot',
    async (kind) => {
      const path = await synthesizeFile({
        path: join(dir, `${kind.format}-${kind.compression}`),
        ...kind,
        flows: 50_001,
        slot: SLOT,
        hosts: 20_000,
      })
      const outside = new Set<string>()
      const { summary } = await readBack(path, ({ length, srcAddr, dstAddr, srcAs, dstAs }) => {
        for (let i = 0; i < length; i++) {
          if (srcAs[i] !== 0) outside.add(formatAddress(srcAddr, i * 4))
          if (dstAs[i] !== 0) outside.add(formatAddress(dstAddr, i * 4))
        }
      })
      expect(summary).toMatchObject({ records: 50_001, complete: true, warnings: [] })
      expect(outside.size).toBe(20_000)
    },
  )

  test('zlib inflates it as one stream', async () => {
    const path = await synthesizeFile({
      path: join(dir, 'z'),
      format: 'flow-tools',
      compression: 'zlib',
      flows: 40_000,
      slot: SLOT,
    })
    const bytes = readFileSync(path)
    expect(inflateSync(bytes.subarray(bytes.readUInt32LE(4)))).toHaveLength(40_000 * 64)
  })

  test('in memory that does not grow with it', { timeout: 60_000 }, async () => {
    const before = process.memoryUsage().external
    const samples: number[] = []
    const timer = setInterval(() => samples.push(process.memoryUsage().external - before), 10)
    const path = join(dir, 'large')
    await synthesizeFile({ path, format: 'nfcapd', compression: 'lz4', flows: 1_500_000, slot: SLOT })
    clearInterval(timer)
    expect(samples.length).toBeGreaterThan(5)
    expect(Math.max(...samples)).toBeLessThan(statSync(path).size / 2)
  })

  test('making flows costs no more than compressing them', { timeout: 60_000 }, async () => {
    const options = { format: 'flow-tools', compression: 'none', flows: 200_000, slot: SLOT } as const
    const path = join(dir, 'speed')
    const cpu = async (work: () => unknown) => {
      const before = process.cpuUsage()
      await work()
      const { user, system } = process.cpuUsage(before)
      return user + system
    }
    await synthesizeFile({ ...options, path })
    const bytes = readFileSync(path)
    const deflating = await cpu(() => deflateSync(bytes))
    expect(await cpu(() => synthesizeFile({ ...options, path }))).toBeLessThan(deflating)
  })

  test('the same options give the same bytes', async () => {
    const write = async (name: string) =>
      readFileSync(
        await synthesizeFile({ path: join(dir, name), format: 'nfcapd', compression: 'none', flows: 9000, slot: SLOT }),
      )
    expect((await write('same-1')).equals(await write('same-2'))).toBe(true)
  })
})

describe.skipIf(spawnSync('nfdump', ['-V']).error !== undefined)('nfdump', () => {
  const nfdump = (...args: string[]) =>
    spawnSync('nfdump', args, { encoding: 'utf8', env: { ...process.env, TZ: 'UTC' } })

  test.each([true, false])('reads the same totals by protocol, compressed: %s', (compress) => {
    const path = synthesizeSlot({ dir, slot: SLOT, compress, ...campus })[1]!
    const made = campusFlows(campus, EXPORTERS[1]!, SLOT)
    const expected: Totals = {}
    add(expected, made)
    const { stdout, stderr } = nfdump('-r', path, '-N', '-A', 'proto', '-o', 'fmt:;%pr;%fl;%pkt;%byt')
    expect(stderr).toBe('')
    const found: Totals = {}
    for (const line of stdout.split('\n').filter((text) => text.startsWith(';'))) {
      const [, protocol, flows, packets, octets] = line.split(';').map(Number)
      found[protocol!] = [flows!, packets!, octets!]
    }
    expect(found).toEqual(expected)
  })

  test('finds what it counted in the file itself, the exporter, and no gap in the sequence', () => {
    const path = synthesizeSlot({ dir, slot: SLOT, ...campus })[1]!
    const { length, octets, packets } = campusFlows(campus, EXPORTERS[1]!, SLOT)
    const sum = (column: Float64Array) => column.slice(0, length).reduce((total, value) => total + value, 0)
    const info = nfdump('-r', path, '-I').stdout
    expect(info).toContain(`Ident: border-2\nFlows: ${length}\n`)
    expect(info).toContain(`\nPackets: ${sum(packets)}\n`)
    expect(info).toContain(`\nBytes: ${sum(octets)}\n`)
    expect(info).toContain('\nSequence failures: 0')
    expect(nfdump('-E', path).stdout).toMatch(
      new RegExp(`IP: +2001:db8::2, version: 9, .*Sequence failures: 0, .*flows: ${length}\\b`),
    )
  })

  test('agrees on addresses, AS numbers and times of every flow', () => {
    const path = synthesizeSlot({ dir, slot: SLOT, ...campus })[1]!
    const made = campusFlows(campus, EXPORTERS[1]!, SLOT)
    const format = 'fmt:;%sa;%da;%sp;%dp;%sas;%das;%in;%out;%ts;%te'
    const { stdout } = nfdump('-r', path, '-q', '-N', '-6', '-o', format)
    const found = stdout
      .split('\n')
      .filter((line) => line.startsWith(';'))
      .map((line) => line.slice(1).replace(/\s/g, ''))
    const port = (protocol: number, number: number, isDestination: boolean) =>
      protocol === 1 || protocol === 58 ? (isDestination ? `${number >>> 8}.${number & 255}` : '0') : String(number)
    const when = (ms: number) => new Date(ms).toISOString().replace(/[TZ]/g, '')
    const expected = Array.from({ length: made.length }, (_, i) =>
      [
        formatAddress(made.srcAddr, i * 4),
        formatAddress(made.dstAddr, i * 4),
        port(made.protocol[i]!, made.srcPort[i]!, false),
        port(made.protocol[i]!, made.dstPort[i]!, true),
        made.srcAs[i],
        made.dstAs[i],
        made.ingressIfIndex[i],
        made.egressIfIndex[i],
        when(made.startMs[i]!),
        when(made.endMs[i]!),
      ].join(';'),
    )
    expect(found.sort()).toEqual(expected.sort())
  })

  test('finds a silent router’s file empty and sound', () => {
    const silence = campusEvents(2, SLOT, SLOT + 20 * 86_400).find(({ subject }) => subject === 'border-2')!
    const path = synthesizeSlot({ dir, slot: silence.from, seed: 2 })[1]!
    const { status, stderr } = nfdump('-r', path, '-N')
    expect([status, stderr]).toEqual([0, ''])
    expect(nfdump('-r', path, '-I').stdout).toContain('\nFlows: 0\n')
  })
})

describe('mistakes are told', () => {
  test.each([
    {
      name: 'a slot that is none',
      run: async () => synthesizeSlot({ dir, slot: SLOT + 1 }),
      says: /slot 1794906001 is none; .*multiple of 300/,
    },
    {
      name: 'no flows per slot',
      run: async () => synthesizeSlot({ dir, slot: SLOT, flowsPerSlot: 0 }),
      says: /flowsPerSlot 0: expected/,
    },
    {
      name: 'a seed that is none',
      run: async () => synthesizeSlot({ dir, slot: SLOT, seed: 1.5 }),
      says: /seed 1.5: expected/,
    },
    {
      name: 'a directory that is not there',
      run: async () => synthesizeSlot({ dir: join(dir, 'absent'), slot: SLOT }),
      says: /absent\/ft-v05.*: cannot be written: ENOENT.*let the directory exist/,
    },
    {
      name: 'more hosts than flows can meet',
      run: () =>
        synthesizeFile({ path: join(dir, 'x'), format: 'nfcapd', compression: 'lz4', flows: 10, slot: SLOT, hosts: 6 }),
      says: /hosts 6: expected a whole number from 1 to 5/,
    },
    {
      name: 'a compression of the other format',
      run: () => synthesizeFile({ path: join(dir, 'x'), format: 'nfcapd', compression: 'zlib', flows: 10, slot: SLOT }),
      says: /nfcapd files are not compressed with zlib; use none or lz4/,
    },
  ])('$name', async ({ run, says }) => {
    await expect(run()).rejects.toThrow(says)
  })
})
