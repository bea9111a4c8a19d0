import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { countedKey } from '../../ingest/model/counted.ts'
import type { Counter } from '../../ingest/model/counter.ts'
import type { Series } from '../../ingest/model/series.ts'
import { addSeries, createTally, percentile95 } from '../../site/tally.ts'
import { temporaryDirectory } from '../directory.ts'
import { isWithout } from '../programs.ts'

/** Octets of slots from 0 on; `null`: no flow file. */
function series(octets: readonly (Counter | null)[], from = 0): Series {
  const sum = { octets: octets.map((each) => each ?? 0), packets: octets.map(() => 1), flows: octets.map(() => 1) }
  return {
    step: '5m',
    from,
    length: octets.length,
    known: octets.map((each) => (each === null ? 0 : 300)),
    counted: new Map(),
    quality: new Map(),
    cells: new Map([['total', { in: { sum, max: sum } }]]),
  }
}

function tallyOf(octets: readonly (Counter | null)[], windows = 1) {
  const tally = createTally(0)
  const length = Math.ceil(octets.length / windows)
  for (let at = 0; at < octets.length; at += length)
    addSeries(tally, series(octets.slice(at, at + length), at * 300), ['total'], octets.length)
  return tally
}

function percentileOf(octets: readonly (Counter | null)[], windows = 1): Counter | null {
  const tally = tallyOf(octets, windows)
  return percentile95(tally.cells.total?.in.top ?? [], tally.known / 300)
}

/** Numbers that look like traffic: a day's swing with noise, some slots idle, some unmeasured; the same for the same seed. */
function traffic(count: number, seed: number, unknown: number): (number | null)[] {
  let state = seed
  const random = () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return state / 2_147_483_648
  }
  return Array.from({ length: count }, (_, at) => {
    const swing = 1 + Math.sin((at / 288) * 2 * Math.PI)
    const octets = random() < 0.02 ? 0 : Math.round(1e9 * swing * (0.5 + random()))
    return random() < unknown ? null : octets
  })
}

/** The oracle: `sort` puts the values in order, `awk` takes the one of the rank. */
function percentileBySort(octets: readonly (Counter | null)[]): string {
  const known = octets.filter((each) => each !== null)
  const input = `${known.join('\n')}\n`
  const sorted = execFileSync('sort', ['-n'], { input, env: { ...process.env, LC_ALL: 'C' } })
  const rank =
    '{ value[NR] = $1 } END { rank = NR * 95 / 100; if (rank > int(rank)) rank = int(rank) + 1; print value[rank] }'
  return execFileSync('awk', [rank], { input: sorted }).toString().trim()
}

describe('the 95th percentile of slots', () => {
  test.each([
    { name: 'of one slot is that slot', octets: [7], is: 7 },
    { name: 'of twenty leaves one out', octets: Array.from({ length: 20 }, (_, at) => at + 1), is: 19 },
    { name: 'of nineteen leaves none out', octets: Array.from({ length: 19 }, (_, at) => at + 1), is: 19 },
    { name: 'of twenty-one leaves one out', octets: Array.from({ length: 21 }, (_, at) => at + 1), is: 20 },
    { name: 'of forty leaves two out', octets: Array.from({ length: 40 }, (_, at) => 40 - at), is: 38 },
    {
      name: 'is zero where no more than a twentieth moved anything',
      octets: [...new Array<number>(39).fill(0), 5],
      is: 0,
    },
    { name: 'takes equal slots one by one', octets: [...new Array<number>(37).fill(4), 9, 9, 9], is: 9 },
    {
      name: 'does not count what nobody measured',
      octets: [...new Array<null>(980).fill(null), ...Array.from({ length: 20 }, (_, at) => at)],
      is: 18,
    },
    {
      name: 'is exact beyond 2^53',
      octets: [...new Array<number>(18).fill(3), 2n ** 60n + 1n, 2n ** 61n],
      is: 2n ** 60n + 1n,
    },
    { name: 'is unknown where nothing was measured', octets: [null, null], is: null },
  ])('$name', ({ octets, is }) => {
    expect(percentileOf(octets)).toBe(is)
  })

  test.each([
    { count: 8640, windows: 30, unknown: 0 },
    { count: 8928, windows: 32, unknown: 0.03 },
    { count: 8052, windows: 28, unknown: 0.5 },
    { count: 8940, windows: 31, unknown: 0.97 },
  ])(
    'is what sort and awk find, in $count slots added up in $windows windows, $unknown of them unknown',
    ({ count, windows, unknown }) => {
      for (const seed of [1, 2, 3]) {
        const octets = traffic(count, seed, unknown)
        expect(String(percentileOf(octets, windows))).toBe(percentileBySort(octets))
      }
    },
  )

  test.skipIf(isWithout('the percentile beside rrdtool', 'rrdtool'))('is what rrdtool finds', () => {
    const octets = traffic(2000, 4, 0)
    const file = join(temporaryDirectory(), 'octets.rrd')
    const from = 1_795_996_800
    const rrdtool = (...words: string[]) => execFileSync('rrdtool', words).toString()
    rrdtool('create', file, '--start', String(from), '--step', '300', 'DS:in:GAUGE:600:0:U', 'RRA:AVERAGE:0.5:1:3000')
    rrdtool('update', file, ...octets.map((each, at) => `${from + (at + 1) * 300}:${each}`))
    const window = ['--start', String(from), '--end', String(from + octets.length * 300), '--width', '2000']
    const found = rrdtool(
      'graph',
      '/dev/null',
      ...window,
      `DEF:in=${file}:in:AVERAGE`,
      'VDEF:p=in,95,PERCENTNAN',
      'PRINT:p:%.0lf',
    )
    expect(found.trim().split('\n').at(-1)).toBe(String(percentileOf(octets, 7)))
  })
})

test('of a member that the config did not have for a while, the slots in which it did are known', () => {
  const [all, without] = [countedKey(['service/dns']), countedKey(['service/http'])]
  const of = (octets: readonly number[], from: number, key: string): Series => {
    const total = series(octets, from)
    return {
      ...total,
      counted: new Map([[key, octets.map(() => 300)]]),
      cells: new Map([['service/dns', total.cells.get('total')!]]),
    }
  }
  const tally = createTally(0)
  // For forty slots it was counted, for sixty it was not; then for forty again, in which nothing was seen.
  addSeries(
    tally,
    of(
      Array.from({ length: 40 }, (_, at) => at + 1),
      0,
      all,
    ),
    ['total', 'service/dns'],
    140,
  )
  addSeries(
    tally,
    { ...of(new Array<number>(60).fill(0), 12_000, without), cells: new Map() },
    ['total', 'service/dns'],
    140,
  )
  addSeries(
    tally,
    { ...of(new Array<number>(40).fill(0), 30_000, all), cells: new Map() },
    ['total', 'service/dns'],
    140,
  )
  const dns = tally.cells['service/dns']!
  expect([tally.known / 300, tally.cells.total!.known / 300, dns.known / 300]).toEqual([140, 140, 80])
  // Of eighty the four busiest are left out.
  expect(percentile95(dns.in.top, dns.known / 300)).toBe(36)
})

test('a month is added up whatever its windows', () => {
  const octets = traffic(8928, 5, 0.1)
  const known = octets.filter((each) => each !== null)
  const sum = known.reduce((all, each) => all + BigInt(each), 0n)
  const most = Math.max(...known)
  for (const windows of [1, 31, 62]) {
    const { total } = tallyOf(octets, windows).cells
    expect(BigInt(total!.in.octets)).toBe(sum)
    expect([total!.in.max, total!.in.maxAt]).toEqual([most, octets.indexOf(most) * 300])
    expect(total!.in.top.length).toBeLessThanOrEqual(8928 / 20 + 1)
  }
})
