import { describe, expect, test } from 'vitest'
import { parseAddress } from '../../ingest/model/address.ts'
import type { ExportedFlows } from '../../ingest/synthesize/exported-flows.ts'
import { campusEvents, campusFlows, EXPORTERS } from '../../ingest/synthesize/index.ts'

const campus = { seed: 1, flowsPerSlot: 1500 }
const [border1, border2] = EXPORTERS as [(typeof EXPORTERS)[number], (typeof EXPORTERS)[number]]
/** A Tuesday without flood or scan at the hours used below; Vienna is one hour ahead of UTC. */
const TUESDAY = Date.UTC(2026, 10, 17) / 1000
const DAY = 86_400
const vienna = (day: number, hour: number) => TUESDAY + day * DAY + (hour - 1) * 3600

/** Columns that hold something, cut to the rows there are. */
function rows(flows: ExportedFlows) {
  const { length, srcAddr, dstAddr, srcPort, dstPort, octets, packets, startMs, endMs, exportMs } = flows
  return [srcAddr, dstAddr, srcPort, dstPort, octets, packets, startMs, endMs, exportMs].map((column) =>
    column.slice(0, length * (column.length / octets.length)),
  )
}

/** Octets a second that go in and out; an AS number of 0 is ours. */
function rates(flows: ExportedFlows): { in: number; out: number } {
  const sum = { in: 0, out: 0 }
  for (let i = 0; i < flows.length; i++) {
    if (flows.dstAs[i] === 0 && flows.srcAs[i] !== 0) sum.in += flows.octets[i]!
    if (flows.srcAs[i] === 0 && flows.dstAs[i] !== 0) sum.out += flows.octets[i]!
  }
  return { in: sum.in / 300, out: sum.out / 300 }
}

function bothExporters(slot: number): ExportedFlows[] {
  return EXPORTERS.map((exporter) => campusFlows(campus, exporter, slot))
}

const lengthOf = (slot: number) => bothExporters(slot).reduce((sum, { length }) => sum + length, 0)

/** What both exporters saw around an hour, three slots together against the accidents of one. */
function octetsAround(seconds: number, way: 'in' | 'out'): number {
  const slots = [-300, 0, 300].map((offset) => seconds + offset)
  return slots.flatMap(bothExporters).reduce((sum, flows) => sum + rates(flows)[way], 0) / slots.length
}

describe('the same seed and slot', () => {
  test('give the same flows, whatever was asked before', () => {
    const first = EXPORTERS.map((exporter) => rows(campusFlows(campus, exporter, vienna(0, 10))))
    campusFlows(campus, border2, vienna(3, 4))
    expect(EXPORTERS.map((exporter) => rows(campusFlows(campus, exporter, vienna(0, 10))))).toEqual(first)
  })

  test.each([
    { name: 'another seed', flows: () => campusFlows({ ...campus, seed: 2 }, border1, vienna(0, 10)) },
    { name: 'another slot', flows: () => campusFlows(campus, border1, vienna(0, 10) + 300) },
  ])('$name gives others', ({ flows }) => {
    expect(rows(flows())).not.toEqual(rows(campusFlows(campus, border1, vienna(0, 10))))
  })
})

describe('the rhythm of the campus', () => {
  test('there are as many flows as asked, in the mean over a week, twice as many at most', () => {
    const slots = Array.from({ length: 7 * 48 }, (_, half) => TUESDAY + half * 1800)
    const quiet = slots.filter((slot) => campusEvents(campus.seed, slot, slot + 300).length === 0)
    const lengths = quiet.map((slot) => campusFlows(campus, border1, slot).length)
    const mean = lengths.reduce((sum, length) => sum + length, 0) / lengths.length
    expect(mean / campus.flowsPerSlot).toBeGreaterThan(0.9)
    expect(mean / campus.flowsPerSlot).toBeLessThan(1.15)
    expect(Math.max(...lengths) / campus.flowsPerSlot).toBeLessThan(2.5)
  })

  test.each([
    { name: 'night is quieter than evening', low: vienna(0, 4), high: vienna(0, 22.5), factor: 3 },
    { name: 'evening is quieter than the working day', low: vienna(0, 22.5), high: vienna(0, 10), factor: 1.2 },
    { name: 'Saturday is quieter than Tuesday', low: vienna(4, 10), high: vienna(0, 10), factor: 1.8 },
  ])('$name', ({ low, high, factor }) => {
    expect(lengthOf(high) / lengthOf(low)).toBeGreaterThan(factor)
  })

  test('by day 300 to 900 Mb/s come in, several times what goes out', () => {
    for (const hour of [10, 11, 16]) {
      const megabits = (octetsAround(vienna(0, hour), 'in') * 8) / 1e6
      expect(megabits, `${hour} o'clock`).toBeGreaterThan(300)
      expect(megabits, `${hour} o'clock`).toBeLessThan(900)
    }
    expect(octetsAround(vienna(0, 10), 'in')).toBeGreaterThan(2 * octetsAround(vienna(0, 10), 'out'))
  })

  test('at night servers copy themselves out: more goes out than comes in', () => {
    expect(octetsAround(vienna(0, 3), 'out')).toBeGreaterThan(octetsAround(vienna(0, 3), 'in'))
  })

  test('the volume does not depend on how finely it is cut into flows', () => {
    const coarse = rates(campusFlows(campus, border2, vienna(0, 10))).in
    const fine = rates(campusFlows({ ...campus, flowsPerSlot: 30_000 }, border2, vienna(0, 10))).in
    expect(fine / coarse).toBeGreaterThan(0.6)
    expect(fine / coarse).toBeLessThan(1.6)
  })
})

describe('each flow', () => {
  const slots = Array.from({ length: 24 }, (_, hour) => TUESDAY + DAY + hour * 3600)

  /** What no router would export. */
  const isImpossible = (flows: ExportedFlows, i: number, slot: number): boolean => {
    const [octets, packets] = [flows.octets[i]!, flows.packets[i]!]
    const [startMs, endMs, exportMs] = [flows.startMs[i]!, flows.endMs[i]!, flows.exportMs[i]!]
    return (
      ![octets, packets, startMs, endMs, exportMs].every(Number.isInteger) ||
      packets < 1 ||
      octets / packets < 40 ||
      octets / packets > 1500 ||
      octets >= 2 ** 32 ||
      startMs > endMs ||
      endMs > exportMs ||
      exportMs < slot * 1000 ||
      exportMs >= (slot + 300) * 1000
    )
  }

  test.each(EXPORTERS)('of $name is one that a router can export', (exporter) => {
    for (const slot of slots) {
      const flows = campusFlows(campus, exporter, slot)
      const impossible = Array.from({ length: flows.length }, (_, i) => i).filter((i) => isImpossible(flows, i, slot))
      expect(impossible, `slot ${slot}`).toEqual([])
    }
  })

  test('of border-2 lasts its active timeout of five minutes at most; border-1 reaches back for hours', () => {
    const longest = (exporter: (typeof EXPORTERS)[number]) =>
      Math.max(
        ...slots.flatMap((slot) => {
          const { length, startMs, endMs } = campusFlows(campus, exporter, slot)
          return Array.from({ length }, (_, i) => (endMs[i]! - startMs[i]!) / 60_000)
        }),
      )
    expect(longest(border2)).toBe(5)
    expect(longest(border1)).toBeGreaterThan(60)
    expect(longest(border1)).toBeLessThan(24 * 60)
  })

  test('of border-1 is IPv4 with a 16-bit AS number; border-2 has IPv6 and 32-bit ones', () => {
    const kinds = (exporter: (typeof EXPORTERS)[number]) => {
      const { length, srcAddr, srcAs } = campusFlows(campus, exporter, vienna(0, 10))
      const systems = srcAs.slice(0, length)
      return {
        ipv6: Array.from({ length }, (_, i) => srcAddr[i * 4]).filter((word) => word !== 0).length / length,
        large: systems.some((number) => number > 65_535),
        transition: systems.includes(23_456),
      }
    }
    expect(kinds(border1)).toEqual({ ipv6: 0, large: false, transition: true })
    expect(kinds(border2)).toEqual({ ipv6: expect.closeTo(0.35, 1), large: true, transition: false })
  })
})

describe('events', () => {
  test('any 72 hours hold each kind, whole, whatever the hour and the seed, over clock changes too', () => {
    for (const seed of [1, 2, 99]) {
      for (const start of [Date.UTC(2026, 2, 20), Date.UTC(2026, 9, 18), Date.UTC(2026, 11, 28)]) {
        for (let hour = 0; hour < 14 * 24; hour++) {
          const from = start / 1000 + hour * 3600
          const whole = campusEvents(seed, from, from + 3 * DAY).filter(
            (event) => event.from >= from && event.to <= from + 3 * DAY,
          )
          const kinds = new Set(whole.map(({ kind }) => kind))
          expect([...kinds].sort(), new Date(from * 1000).toISOString()).toEqual(['flood', 'outage', 'scan', 'silence'])
        }
      }
    }
  })

  test('do not depend on the stretch that is asked for', () => {
    const all = campusEvents(1, TUESDAY, TUESDAY + 6 * DAY)
    expect(all.length).toBeGreaterThanOrEqual(11)
    for (const event of all) expect(campusEvents(1, event.from, event.from + 1)).toContainEqual(event)
  })

  const find = (kind: string) =>
    campusEvents(campus.seed, TUESDAY, TUESDAY + 2 * DAY).find((event) => event.kind === kind)!
  const slotWithin = (kind: string) => Math.ceil(find(kind).from / 300) * 300

  test('a flood is clearly the top, and ends at its victim', () => {
    const victim = parseAddress(find('flood').subject!)![3]
    const slot = slotWithin('flood')
    const before = bothExporters(slot - 1800)
    const during = bothExporters(slot)
    const octetsTo = (all: ExportedFlows[]) => {
      let sum = 0
      for (const { length, dstAddr, octets } of all)
        for (let i = 0; i < length; i++) if (dstAddr[i * 4 + 3] === victim) sum += octets[i]!
      return (sum / 300) * 8e-6
    }
    expect(octetsTo(before)).toBeLessThan(100)
    expect(octetsTo(during)).toBeGreaterThan(800)
  })

  test('a scan comes from one host, in single packets, to thousands of addresses', () => {
    const scanner = parseAddress(find('scan').subject!)![3]
    const reached = new Set<number>()
    let flows = 0
    for (const { length, srcAddr, dstAddr, packets, tcpFlags } of bothExporters(slotWithin('scan'))) {
      for (let i = 0; i < length; i++) {
        if (srcAddr[i * 4 + 3] !== scanner || tcpFlags[i] !== 2) continue
        expect(packets[i]).toBe(1)
        reached.add(dstAddr[i * 4 + 3]!)
        flows++
      }
    }
    expect(flows).toBe(2 * 2.5 * campus.flowsPerSlot)
    expect(reached.size).toBeGreaterThan(flows / 2)
  })

  test('a silent router exports nothing, and only then', () => {
    const { from, to, subject } = find('silence')
    const exporter = EXPORTERS.find(({ name }) => name === subject)!
    const lengths = [from - 300, from, to - 300, to].map((slot) => campusFlows(campus, exporter, slot).length > 0)
    expect(lengths).toEqual([true, false, false, true])
  })
})
