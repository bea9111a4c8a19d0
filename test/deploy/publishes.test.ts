import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from 'vitest'
import { PRODUCT, spoilProduct } from '../crash/product.ts'
import { temporaryDirectory } from '../directory.ts'
import { isWithout } from '../programs.ts'
import { IN_PLACE } from './in-place.ts'
import { faultsOf, publishUnderVisitors } from './publishes.ts'
import { noVisits, visit } from './visitor.ts'

// Nothing here asks what a disk holds after a power failure: flushes would only cost time.
if (existsSync('/dev/shm')) process.env.TMPDIR = '/dev/shm'

/* A slice of `npm run test:publish`, and that it would notice. */

describe.skipIf(isWithout('publishing under visitors', 'nginx'))('a site that is published again and again', () => {
  test('is whole for four visitors, whenever they look', { timeout: 300_000 }, async () => {
    const { visits, publishes } = await publishUnderVisitors({
      product: PRODUCT,
      folder: temporaryDirectory(),
      publishes: 20,
      visitors: 4,
    })
    expect(visits.told).toEqual([])
    expect(faultsOf(visits)).toBe(0)
    expect(publishes).toBe(20)
    expect(visits.pages).toBeGreaterThan(100)
    expect(visits.known).toBeGreaterThan(0)
    expect(visits.packed).toBeGreaterThan(0)
  })

  test('has no dead link and no half file in a plain directory either', { timeout: 300_000 }, async () => {
    const { visits } = await publishUnderVisitors({
      product: PRODUCT,
      folder: temporaryDirectory(),
      publishes: 10,
      visitors: 4,
      root: 'htdocs',
      config: { site: { mirror: 'htdocs' } },
    })
    expect(visits.told).toEqual([])
    expect(faultsOf(visits)).toBe(0)
    expect(visits.pages).toBeGreaterThan(50)
  })

  test('rebuilt in place it is not: the visitors notice', { timeout: 300_000 }, async () => {
    const { visits } = await publishUnderVisitors({
      product: spoilProduct(temporaryDirectory(), IN_PLACE),
      folder: temporaryDirectory(),
      publishes: 5,
      visitors: 4,
    })
    expect(faultsOf(visits)).toBeGreaterThan(0)
  })
})

describe('a visitor notices', () => {
  const PAGE = '<html><link href="assets/site.css"><a href="bits.csv">CSV</a></html>'

  test.each([
    { what: 'nothing wrong', faults: {} },
    { what: 'a page without its end', faults: { truncated: 1 }, answers: { '/': PAGE.slice(0, -3) } },
    { what: 'a page cut off', faults: { truncated: 1 }, answers: { '/': null } },
    { what: 'an asset cut off', faults: { truncated: 1, mixed: 1 }, answers: { '/assets/site.css': null } },
    { what: 'a page that is not there', faults: { refused: { 404: 1 } }, answers: { '/': undefined } },
    {
      what: 'an asset that is not there',
      faults: { refused: { 404: 1 }, mixed: 1 },
      answers: { '/assets/site.css': undefined },
    },
    { what: 'a CSV that is not there', faults: { refused: { 404: 1 }, mixed: 1 }, answers: { '/bits.csv': undefined } },
  ])('$what', async ({ faults, answers = {} }) => {
    const site: { [path: string]: string | null | undefined } = {
      ...{ '/': PAGE, '/assets/site.css': 'p{}', '/bits.csv': 'time' },
      ...answers,
    }
    const server = createServer(({ url }, response) => {
      const text = site[url!]
      if (text === undefined) response.writeHead(404).end()
      else if (text !== null) response.end(text)
      else response.writeHead(200, { 'content-length': 100 }).write('<html>', () => response.destroy())
    }).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const visits = noVisits()
    let looks = 0
    await visit(
      `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
      { takesPacked: true, remembers: true },
      visits,
      () => looks++ === 1,
    )
    server.close()
    expect(visits).toMatchObject({ pages: 1, refused: {}, truncated: 0, mixed: 0, ...faults })
    expect(faultsOf(visits) === 0).toBe(visits.told.length === 0)
  })
})
