import { mkdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { type LoadedConfig, parseConfig } from '../../ingest/config/load.ts'
import { dayOf, isoTime } from '../../ingest/model/time.ts'
import { ingest } from '../../ingest/run/ingest.ts'
import { query, queryQuality } from '../../ingest/run/query.ts'
import { listDays, listParts, readPart } from '../../ingest/store/part.ts'
import { synthesizeFile } from '../../ingest/synthesize/index.ts'
import { hashTree, temporaryDirectory } from '../directory.ts'
import { BASE_SLOT, CONFIG, laterFlowFile } from '../flow-files.ts'

const STORED = ['data/parts', 'data/series', 'data/boards']
const FLOWS = 40
const NOVEMBER = Date.parse('2026-11-10T10:40:00Z') / 1000
const dayAt = (day: number) => dayOf(NOVEMBER + day * 86_400)

function setUp(more: object = {}): { base: string; loaded: LoadedConfig } {
  const base = temporaryDirectory()
  mkdirSync(join(base, 'flows'))
  return { base, loaded: parseConfig({ ...CONFIG, ...more }, join(base, 'flowscan.config.ts')) }
}

/** What nfcapd calls the file of a slot where its machine has this zone: `nfcapd.202511020130`. */
function localName(slot: number, timeZone: string): string {
  const shown = new Date(slot * 1000).toLocaleString('sv-SE', { timeZone })
  return `nfcapd.${shown.replace(/[-: ]/g, '').slice(0, 12)}`
}

/** Ingests a file for each of these slots, as they come, under the names that a zone gives; returns the names. */
async function ingestAs(timeZone: string, slots: readonly number[], { base, loaded } = setUp({ site: { timeZone } })) {
  const names = slots.map((slot) => localName(slot, timeZone))
  for (const [at, slot] of slots.entries()) {
    const path = join(base, 'flows', names[at]!)
    await synthesizeFile({ path, format: 'nfcapd', compression: 'none', flows: FLOWS, slot })
    utimesSync(path, slot, slot)
    await ingest(loaded)
  }
  return { base, loaded, names }
}

describe.each([
  { night: 'spring, when 02:00 is 03:00', from: '2025-03-09T06:30:00Z', names: 4 },
  { night: 'autumn, when 01:00 comes twice', from: '2025-11-02T05:30:00Z', names: 3 },
])('promise 19, case 102: in the night of $night', ({ from, names: different }) => {
  const slots = [0, 1, 2, 3].map((at) => Date.parse(from) / 1000 + at * 1800)

  test('nothing is lost and nothing doubled, and what is stored is what a collector in UTC would give', async () => {
    const [local, utc] = [await ingestAs('America/New_York', slots), await ingestAs('UTC', slots)]
    expect(new Set(local.names).size).toBe(different)
    expect(hashTree(local.base, ...STORED)).toEqual(hashTree(utc.base, ...STORED))
    const { data } = local.loaded.config
    expect(listDays(data).flatMap((day) => listParts(data, day).map(({ slot }) => slot))).toEqual(slots)
    const range = { from: isoTime(slots[0]!), to: isoTime(slots.at(-1)! + 300) }
    const { in: inward, out } = query(local.loaded.config, { what: 'total', step: '5m', ...range }).series.total!
    // Slots without a file between them are gaps, and no hour of the night is one more.
    expect(inward.flows.map((value) => value !== null)).toEqual(Array.from({ length: 19 }, (_, at) => at % 6 === 0))
    expect(out.flows).toHaveLength(19)
  })
})

describe('the clock', () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  /** A file a day, of which ten are stored by a clock that is right, and two wait. */
  async function tenDays(): Promise<{ base: string; loaded: LoadedConfig }> {
    const { base, loaded } = setUp({ retention: { '5m': '7d' } })
    const put = (day: number) => {
      const slot = NOVEMBER + day * 86_400
      const path = join(base, 'flows', `ft-v05.${isoTime(slot).replace('T', '.').replace(/[:Z]/g, '')}+0000`)
      writeFileSync(path, laterFlowFile(slot - BASE_SLOT, 1000))
      utimesSync(path, slot, slot)
      vi.setSystemTime((slot + 600) * 1000)
    }
    for (let day = 0; day < 10; day++) put(day)
    await ingest(loaded)
    put(10)
    put(11)
    return { base, loaded }
  }

  test.each([-10, 10])(
    'promise 20, case 101: it jumps %i years in the middle of a run: nothing goes, no number changes',
    async (years) => {
      vi.useFakeTimers({ toFake: ['Date'] })
      const [right, wrong] = [await tenDays(), await tenDays()]
      const before = listDays(wrong.loaded.config.data)
      const now = Date.now()
      await ingest(wrong.loaded, { onFile: () => void vi.setSystemTime(now + years * 365 * 86_400_000) })
      expect(listDays(wrong.loaded.config.data)).toEqual([...before, ...[10, 11].map(dayAt)])
      vi.setSystemTime(now)
      await ingest(right.loaded)
      expect(listDays(right.loaded.config.data)).toEqual([...before.slice(2), ...[10, 11].map(dayAt)])
      await ingest(wrong.loaded)
      expect(hashTree(wrong.base, 'data', 'saved')).toEqual(hashTree(right.base, 'data', 'saved'))
    },
  )
})

test.each([-365, 3650])(
  'promise 21: flows of an exporter whose clock is %i days off count in the slot of their file, and as skewed',
  async (days) => {
    const { base, loaded } = setUp()
    const file = laterFlowFile(0).slice()
    const records = new DataView(file.buffer).getUint32(4, true)
    file.set(laterFlowFile(days * 86_400).subarray(records), records)
    const path = join(base, 'flows', 'ft-v05.2024-05-01.104000+0000')
    writeFileSync(path, file)
    utimesSync(path, BASE_SLOT, BASE_SLOT)
    await ingest(loaded)
    const { data } = loaded.config
    const [name, ...more] = listParts(data, dayOf(BASE_SLOT))
    expect([name!.slot, more, listDays(data)]).toEqual([BASE_SLOT, [], [dayOf(BASE_SLOT)]])
    const { total, slots, quality } = readPart(data, name!)
    expect([total.flows, quality.skewed, slots.map(({ slot }) => slot)]).toEqual([1200, 1200, [BASE_SLOT]])
    const range = { from: isoTime(BASE_SLOT), to: isoTime(BASE_SLOT + 300) }
    expect(queryQuality(loaded.config, { step: '5m', ...range }).quality.skewed).toEqual([1200])
  },
)
