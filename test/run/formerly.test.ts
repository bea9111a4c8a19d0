import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { renamesOf } from '../../ingest/classify/former.ts'
import { type LoadedConfig, parseConfig } from '../../ingest/config/load.ts'
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
    return { day: boards.day(DAY)!.board.networks, slot: boards.slot(slot).board!.networks, cells: range.cells }
  }
  const [here, there] = [shown(joined), shown(whole)]
  expect(here.slot).toEqual(there.slot)
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

test('case 90: a member that was removed and comes back has its id and its history', async () => {
  const { campus: _removed, ...rest } = CONFIG.networks
  const back = await ingestUnder(CONFIG, { ...CONFIG, networks: rest }, CONFIG)
  const { in: counted } = query(back.config, {
    what: 'network/campus',
    step: '5m',
    from: isoTime(BASE_SLOT),
    to: isoTime(BASE_SLOT + 1800),
  }).series.campus!
  expect([0, 1, 4, 5].every((at) => Number(counted.octets[at]) > 0)).toBe(true)
})

test('members that become one are added up', async () => {
  const split = { ...CONFIG, services: { a: '80/tcp', b: '443/tcp' } }
  const one = { ...CONFIG, services: { web: { ports: '80/tcp,443/tcp', formerly: ['a', 'b'] } } }
  const [joined, whole] = [await ingestUnder(split, one), await ingestUnder(one, one)]
  expect(ask(joined, 'service', '30m')).toEqual(ask(whole, 'service', '30m'))
})
