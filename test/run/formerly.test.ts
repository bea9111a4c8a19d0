import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { renamesOf } from '../../ingest/classify/former.ts'
import { type LoadedConfig, parseConfig } from '../../ingest/config/load.ts'
import { knownOf } from '../../ingest/model/counted.ts'
import { isoTime, type StepName } from '../../ingest/model/time.ts'
import { ingest } from '../../ingest/run/ingest.ts'
import { query } from '../../ingest/run/query.ts'
import { createBoardReader } from '../../site/boards.ts'
import { createTrafficReader } from '../../site/traffic.ts'
import { hashTree, temporaryDirectory } from '../directory.ts'
import { BASE_SLOT, CONFIG, writeFlowFiles } from '../flow-files.ts'

const DAY = '2024-05-01'
const { campus, ...networks } = CONFIG.networks
const { https, ...services } = CONFIG.services
const RENAMED = {
  ...CONFIG,
  networks: { grounds: { prefixes: campus, label: 'Campus', formerly: 'campus' }, ...networks },
  services: { web: { ports: https, formerly: ['https', 'secure-web'] }, ...services },
}

const load = (base: string, config: object) => parseConfig(config, join(base, 'flowscan.config.ts'))

/** Two files counted under one config, two more under the next: what stays of the first is in `flows.saved`. */
async function ingestUnder(...configs: readonly object[]): Promise<LoadedConfig> {
  const base = temporaryDirectory()
  for (const [at, config] of configs.entries()) {
    for (const path of writeFlowFiles(join(base, 'flows'), 2 * (at + 1)).slice(0, 2 * at)) rmSync(path)
    await ingest(load(base, config))
  }
  return load(base, configs.at(-1)!)
}

const ask = ({ config }: LoadedConfig, what: string, step: StepName) =>
  query(config, { what, step, from: isoTime(BASE_SLOT - 300), to: isoTime(BASE_SLOT + 1200) }).series

test('case 89: a member whose id changed keeps its history, in every series, pair and board; nothing stored changes', async () => {
  const joined = await ingestUnder(CONFIG, RENAMED)
  const before = hashTree(joined.config.data, 'parts', 'series', 'boards')
  const whole = await ingestUnder(RENAMED, RENAMED)
  for (const step of ['5m', '30m', '2h', '1d'] as const) {
    for (const what of ['network', 'service', 'network/grounds,service', 'router,service/web', 'total'])
      expect(ask(joined, what, step), `${what} ${step}`).toEqual(ask(whole, what, step))
  }
  expect(
    ask(joined, 'network/grounds', '5m')
      .grounds!.in.octets.slice(1)
      .every((value) => Number(value) > 0),
  ).toBe(true)
  expect(ask(joined, 'network/campus', '5m')).toEqual(ask(joined, 'network/grounds', '5m'))

  const shown = ({ config }: LoadedConfig) => {
    const renames = renamesOf(config)
    const boards = createBoardReader(config.data, (id) => renames.id('network', id))
    const slot = BASE_SLOT
    const range = createTrafficReader(config.data, BASE_SLOT + 900, renames.cell).read('day')
    const cells = [...range.cells.keys()].sort().map((name) => [name, range.cells.get(name)])
    return { day: boards.day(DAY)!.board.networks, slot: boards.slot(slot).board!.networks, cells }
  }
  const [here, there] = [shown(joined), shown(whole)]
  expect(here.slot).toEqual(there.slot)
  expect(here.cells.length).toBeGreaterThan(5)
  expect(here.cells).toEqual(there.cells)
  expect(here.day.grounds!.rows).toEqual(there.day.grounds!.rows)
  expect(hashTree(joined.config.data, 'parts', 'series', 'boards')).toEqual(before)
})

test('case 89: a label that changes changes nothing else', async () => {
  const labelled = { ...CONFIG, networks: { ...CONFIG.networks, campus: { prefixes: campus, label: 'The Grounds' } } }
  const [plain, other] = [await ingestUnder(CONFIG, CONFIG), await ingestUnder(CONFIG, labelled)]
  const stored = ({ config }: LoadedConfig) => hashTree(config.data, 'parts', 'series', 'boards')
  expect(stored(other)).toEqual(stored(plain))
})

test('case 90: a member that was removed and comes back has its id and its history, and a gap in between', async () => {
  const { campus: _removed, ...rest } = CONFIG.networks
  const back = await ingestUnder(CONFIG, { ...CONFIG, networks: rest }, CONFIG)
  const whole = await ingestUnder(CONFIG, CONFIG, CONFIG)
  const asked = (what: string, step: StepName) => (loaded: LoadedConfig) =>
    query(loaded.config, { what, step, from: isoTime(BASE_SLOT), to: isoTime(BASE_SLOT + 1800) }).series
  const shown = (what: string) => [back, whole].map(asked(what, '5m'))
  const [found, undisturbed] = shown('network/campus').map(({ campus }) => campus!.in.octets)
  const isGap = [false, false, true, true, false, false]
  expect(found!.map((octets) => octets === null)).toEqual(isGap)
  // The second lacks what flows in the third file had in it.
  for (const at of [0, 4, 5]) expect(found![at]).toEqual(undisturbed![at])
  expect(undisturbed!.every((octets) => Number(octets) > 0)).toBe(true)
  const pair = shown('network/campus,service/http')[0]!['campus,http']!.in.octets
  expect(pair.map((octets) => octets === null)).toEqual(isGap)
  for (const what of ['total', 'network/servers', 'service']) expect(shown(what)[0], what).toEqual(shown(what)[1])
  // Of the half hours, ten minutes each are unknown: the rate is that of the others.
  const range = createTrafficReader(back.config.data, BASE_SLOT + 1500).read('week')
  const seconds = (cell: string) => knownOf(range, cell).reduce((sum, each) => sum + each, 0)
  expect([seconds('total'), seconds('network/campus')]).toEqual([1200, 600])
})

test('a pair that is kept from now on is unknown before', async () => {
  const without = { ...CONFIG, reports: { pairs: [['router', 'service']] } }
  const joined = await ingestUnder(without, CONFIG)
  const { in: counted } = ask(joined, 'network/campus,service/http', '5m')['campus,http']!
  expect(counted.octets.slice(1, 5).map((octets) => octets === null)).toEqual([true, true, false, false])
})

test('members that become one are added up', async () => {
  const split = { ...CONFIG, services: { a: '80/tcp', b: '443/tcp' } }
  const one = { ...CONFIG, services: { web: { ports: '80/tcp,443/tcp', formerly: ['a', 'b'] } } }
  const [joined, whole] = [await ingestUnder(split, one), await ingestUnder(one, one)]
  expect(ask(joined, 'service', '30m')).toEqual(ask(whole, 'service', '30m'))
})
