import { describe, expect, test } from 'vitest'
import { ratesFrom } from '../../site/charts/rates.ts'
import { assemble } from '../../site/client/assemble.ts'
import { planAt } from '../../site/client/plan.ts'
import { chunkOf, createSource, Gone, parseBytes } from '../../site/client/published.ts'
import { readQuery } from '../../site/client/query.ts'
import { shownOf } from '../../site/client/shown.ts'
import { figuresOf, ratesOf } from '../../site/figures.ts'
import { catalogOf, END, publish } from './published.ts'

const DAY = Date.parse('2026-11-25T00:00:00Z') / 1000
const INDEX = {
  from: DAY,
  step: 300,
  points: 288,
  known: [300, 0, 300, 300, ...new Array(284).fill(0)],
  chunks: { total: ['total'], service: ['service/dns', 'service/https'] },
}
const WINDOW = 'data/5m/2026-11-25-h11-25/'
const FILES = {
  [`../${WINDOW}index.json.gz`]: INDEX,
  [`../${WINDOW}total-0.json.gz`]: {
    cells: { total: { in: { at: 2, octets: [900, '9007199254740993'], packets: [3, 4], flows: [1, 1] } } },
  },
  [`../${WINDOW}service-0.json.gz`]: {
    cells: { 'service/dns': { out: { at: 0, octets: [5, 6], packets: [1, 1], flows: [1, 1] } } },
  },
  [`../${WINDOW}service-1.json.gz`]: {
    cells: { 'service/https': { in: { at: 3, octets: [7], packets: [1], flows: [1] } } },
  },
}
const plan = planAt(catalogOf(), '5m', DAY - 600, DAY + 1800)

function sourceOf(published: ReturnType<typeof publish>) {
  return createSource('../data/catalog.json', '../', (address) => published.fetch(address))
}

async function read(cells: readonly string[], published = publish(FILES)) {
  const source = sourceOf(published)
  const windows = plan.windows.filter(({ address }) => published.files.has(`../${address}index.json.gz`))
  return assemble(plan, await Promise.all(windows.map((window) => source.readWindow(window, cells))))
}

describe('published series', () => {
  test('stand where they were: zeros left out are zero, what nobody measured is unknown', async () => {
    const measured = await read(['total'])
    expect(measured.known).toEqual([0, 0, 300, 0, 300, 300, 0, 0])
    expect(ratesOf(measured, 'total', 'in', 'packets')).toEqual(
      ratesFrom([null, null, 0, null, 0.01, 0.013, null, null]),
    )
    expect(ratesOf(measured, 'total', 'out', 'packets')).toEqual(ratesFrom([null, null, 0, null, 0, 0, null, null]))
  })

  test('are exact beyond 2^53', async () => {
    const measured = await read(['total'])
    expect(measured.cells.get('total')!.in!.sum.octets[5]).toBe(9007199254740993n)
    expect(figuresOf(measured, 'total', 'in', 'octets').total).toBe(9007199254741893n)
  })

  test('are the same where a server has said that they are packed', async () => {
    expect(await read(['total'], publish(FILES, false))).toEqual(await read(['total']))
  })

  test('keep the greatest five minutes of wider points', async () => {
    const hours = planAt(catalogOf(), '30m', DAY, DAY + 3600)
    const series = { at: 1, octets: [100], packets: [1], flows: [1], max: { octets: [60], packets: [1], flows: [1] } }
    const index = { ...INDEX, step: 1800, points: 48, known: [0, 1800] }
    const measured = assemble(hours, [{ index, cells: new Map([['total', { in: series }]]) }])
    expect(measured.cells.get('total')!.in!.max.octets).toEqual([0, 60])
    expect(figuresOf(measured, 'total', 'in', 'octets').max).toBe(Math.round((60 * 8) / 300))
  })

  test('are fetched once, and only the files that hold a cell asked for', async () => {
    const published = publish(FILES)
    const source = sourceOf(published)
    const [window] = plan.windows.slice(-1)
    await source.readWindow(window!, ['service/https', 'service/other', 'network/library'])
    await source.readWindow(window!, ['service/https'])
    expect(published.fetched).toEqual([`../${WINDOW}index.json.gz`, `../${WINDOW}service-1.json.gz`])
  })

  test('that are gone are told so, and asked for again the next time', async () => {
    const published = publish({})
    const source = sourceOf(published)
    const [window] = plan.windows.slice(-1)
    await expect(source.readWindow(window!, ['total'])).rejects.toThrow(Gone)
    for (const [address, content] of Object.entries(FILES)) published.files.set(address, content)
    expect((await source.readWindow(window!, ['total'])).cells.size).toBe(1)
  })

  test('a catalog of another schema is refused with what helps', async () => {
    const source = sourceOf(publish({ '../data/catalog.json': { schema: 2, end: END } }))
    await expect(source.readCatalog()).rejects.toThrow('load it again')
  })

  test('names out of the prototype are names of nothing', async () => {
    const chunks = JSON.parse('{"total":["total"]}') as Record<string, string[]>
    expect(chunkOf({ chunks }, 'constructor/x')).toBeUndefined()
    expect(chunkOf({ chunks }, '__proto__/x')).toBeUndefined()
    expect(chunkOf({ chunks: { service: ['service/b', 'service/d'] } }, 'service/a')).toBeUndefined()
    expect(chunkOf({ chunks: { service: ['service/b', 'service/d'] } }, 'service/c')).toBe('service-0')
    expect(await parseBytes(new TextEncoder().encode('{"a":1}').buffer as ArrayBuffer)).toEqual({ a: 1 })
  })
})

test('what the catalog tells of happened is on the chart and below it, as far as it is of the time', async () => {
  const events = [
    { at: DAY - 7200, label: 'Before' },
    { at: DAY - 3600, to: DAY, label: 'Firmware' },
    { at: DAY + 600, label: '<b>Power</b>' },
    { at: DAY + 7200, label: 'Behind' },
  ]
  const catalog = catalogOf({ events })
  const { exploration } = readQuery('by=nothing', catalog)
  const { chart, events: shown } = shownOf(catalog, exploration, plan, await read(['total']), null)
  expect(chart.events?.map(({ number, at, to }) => [number, at, to])).toEqual([
    [1, DAY - 3600, DAY],
    [2, DAY + 600, null],
  ])
  expect(shown.list.map(({ number, label, at }) => [number, label, at.text])).toEqual([
    [1, 'Firmware', '25 Nov 2026, 00:00 CET'],
    [2, '<b>Power</b>', '25 Nov 2026, 01:10 CET'],
  ])
})
