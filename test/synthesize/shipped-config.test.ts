import { createReadStream, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { tallyFile } from '../../ingest/aggregate/tally-file.ts'
import { type LoadedConfig, loadConfig } from '../../ingest/config/load.ts'
import { createFlowReader } from '../../ingest/decode/flow-reader.ts'
import type { CellCounts, Part } from '../../ingest/model/part.ts'
import { EXPORTERS, synthesizeSlot } from '../../ingest/synthesize/index.ts'

/** A Tuesday, ten in the morning by the clocks of the campus. */
const BUSY = Date.UTC(2026, 10, 17, 9) / 1000
const OCTETS = 0

let dir: string
let loaded: LoadedConfig
let parts: Part[]

async function tally(slot: number): Promise<Part[]> {
  const paths = synthesizeSlot({ dir, slot })
  return await Promise.all(
    paths.map(async (path) => {
      const file = {
        name: basename(path),
        bytes: 1,
        source: 'flows',
        read: createFlowReader(() => createReadStream(path), 'UTC'),
      }
      return (await tallyFile(file, loaded.config, loaded.fingerprint)).part
    }),
  )
}

/** Octets of a cell in some directions, over all slots of some parts. */
function octets(cell: string, directions: readonly (keyof CellCounts)[] = ['in', 'out'], of = parts): number {
  const cells = of.flatMap(({ slots }) => slots).flatMap(({ cells }) => cells[cell] ?? [])
  return cells
    .flatMap((counts) => directions.map((way) => Number(counts[way]?.[OCTETS] ?? 0)))
    .reduce((a, b) => a + b, 0)
}

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'flowscan-shipped-'))
  loaded = await loadConfig(new URL('../../flowscan.config.ts', import.meta.url).pathname)
  parts = (await Promise.all([0, 300, 600].map((offset) => tally(BUSY + offset)))).flat()
})
afterAll(() => rmSync(dir, { recursive: true }))

describe('the config that is shipped', () => {
  test('names the routers of the made-up campus, and its clocks', () => {
    expect(loaded.config.site.timeZone).toBe('Europe/Vienna')
    expect(loaded.config.routers.map(({ id }) => id)).toEqual(EXPORTERS.map(({ name }) => name))
    for (const part of parts)
      expect(part.quality).toMatchObject({ skewed: 0, overlong: 0, reversed: 0, implausible: 0 })
  })

  test.each(['networks', 'services', 'protocols', 'tos', 'asNumbers', 'routers'] as const)(
    'finds traffic for every one of its %s (backups run at night)',
    (key) => {
      const dimension = {
        networks: 'network',
        services: 'service',
        protocols: 'protocol',
        tos: 'tos',
        asNumbers: 'as',
        routers: 'router',
      }[key]
      const empty = loaded.config[key].filter(({ id }) => octets(`${dimension}/${id}`) === 0).map(({ id }) => id)
      expect(empty.filter((id) => id !== 'backup' && id !== 'storage')).toEqual([])
    },
  )

  test('leaves less than a quarter of the octets without a name', () => {
    const total = octets('total')
    for (const dimension of ['service', 'protocol', 'tos', 'as'])
      expect(octets(`${dimension}/other`) / total, dimension).toBeLessThan(0.25)
    expect(octets('router/other')).toBe(0)
  })

  test('sees more come in than go out, and a little of everything else', () => {
    const [inOctets, outOctets] = [octets('total', ['in']), octets('total', ['out'])]
    expect(inOctets).toBeGreaterThan(2 * outOctets)
    expect(octets('total', ['internal'])).toBeGreaterThan(0)
    expect(octets('total', ['transit'])).toBeGreaterThan(0)
    expect(octets('total', ['internal', 'transit']) / (inOctets + outOctets)).toBeLessThan(0.15)
    expect(octets('protocol/multicast', ['in', 'out'])).toBeGreaterThan(0)
  })

  test('finds HTTPS first, and the backup at night', async () => {
    const shares = loaded.config.services.map(({ id }) => ({ id, octets: octets(`service/${id}`) }))
    expect(shares.sort((a, b) => b.octets - a.octets)[0]!.id).toBe('https')
    const night = await tally(Date.UTC(2026, 10, 17, 2) / 1000)
    expect(octets('service/backup', ['out'], night) / octets('total', ['out'], night)).toBeGreaterThan(0.5)
    expect(octets('as/storage', ['out'], night)).toBeGreaterThan(0)
  })
})
