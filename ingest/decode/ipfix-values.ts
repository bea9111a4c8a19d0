import { type Field, REVERSE } from './ipfix-template.ts'
import type { Warnings } from './warnings.ts'

/** What an exporter has told of itself in options records, and what the message at hand says. */
export interface Told {
  /** Unix ms at which the message was sent. */
  exportMs: number
  /** Unix ms of the exporter's start, for times that count from there; `null`: not told. */
  bootMs: number | null
  /** 1 in how many packets it looks at, by selector; the one told last by `ANY_SELECTOR`. */
  readonly sampling: Map<number, number>
  /** Index of the exporter's address. */
  exporter: number
  readonly warnings: Warnings
}

export const ANY_SELECTOR = -1

/** Reads a value of the record whose fields lie at `places`, `skip` bytes on. */
export type Read = (view: DataView, places: Int32Array, skip: number, told: Told) => number

/** Elements by their numbers in IANA's registry, the best first where several tell the same. */
export const ELEMENTS = {
  octets: [1, 85, 231, 23, 171],
  packets: [2, 86, 298, 24, 172],
  reverseOctets: [REVERSE + 1, REVERSE + 85, 232],
  reversePackets: [REVERSE + 2, REVERSE + 86, 299],
  reverseTos: [REVERSE + 5],
  flows: [3],
  protocol: [4],
  tos: [5],
  tcpFlags: [6],
  srcPort: [7, 182, 180],
  dstPort: [11, 183, 181],
  srcAs: [16],
  dstAs: [17],
  ingressIfIndex: [10, 252],
  egressIfIndex: [14, 253],
  srcIPv4: [8, 44],
  dstIPv4: [12, 45],
  srcIPv6: [27, 170],
  dstIPv6: [28, 169],
  exporterIPv4: [130],
  exporterIPv6: [131],
  /** Type and code in one, for ICMP of IPv4 and of IPv6; then apart. */
  icmp: [32, 139],
  icmpType: [176, 178],
  icmpCode: [177, 179],
  samplingInterval: [34, 50],
  sampledPackets: [305],
  skippedPackets: [306],
  selector: [302, 48],
  bootMs: [160],
  start: [152, 150, 154, 156, 22, 158],
  end: [153, 151, 155, 157, 21, 159],
  /** When a packet was seen or a record collected, for records that know no start and end. */
  seen: [323, 322, 324, 325, 258],
  duration: [161, 162],
} as const

const HIGH = 0x1_0000_0000
/** From 1900, where NTP counts from, to 1970. */
const NTP_TO_UNIX_SECONDS = 2_208_988_800

export const zero: Read = () => 0

/** The first of the elements that the template has as a number of at most `most` bytes. */
export function find(
  fields: readonly Field[],
  elements: readonly number[],
  most = 8,
): { element: number; read: Read } | null {
  for (const element of elements) {
    const index = fields.findIndex((field) => field.element === element)
    const length = fields[index]?.length ?? 0
    if (length >= 1 && length <= most) return { element, read: readerOf(index, length) }
  }
  return null
}

/** Index of the first of the elements that has this length, or -1. */
export function placeOf(fields: readonly Field[], elements: readonly number[], length: number): number {
  return elements
    .map((element) => fields.findIndex((field) => field.element === element && field.length === length))
    .reduce((best, index) => (best === -1 ? index : best), -1)
}

/** Hot. Unsigned integers of any length up to 8 (RFC 7011, 6.2, lets exporters shorten them). */
function readerOf(index: number, length: number): Read {
  if (length === 1) return (view, places, skip) => view.getUint8(places[index]! + skip)
  if (length === 2) return (view, places, skip) => view.getUint16(places[index]! + skip)
  if (length === 4) return (view, places, skip) => view.getUint32(places[index]! + skip)
  if (length === 8)
    return (view, places, skip) => {
      const at = places[index]! + skip
      return view.getUint32(at) * HIGH + view.getUint32(at + 4)
    }
  return (view, places, skip) => {
    let value = 0
    for (let at = places[index]! + skip, end = at + length; at < end; at++) value = value * 256 + view.getUint8(at)
    return value
  }
}

/** A moment in unix ms, by the first of the elements; NaN when it counts from a start that nobody told. */
export function momentOf(fields: readonly Field[], elements: readonly number[]): Read | null {
  const found = find(fields, elements)
  const boot = find(fields, ELEMENTS.bootMs)?.read
  if (found === null) return null
  const { element, read } = found
  switch (element) {
    case 150:
    case 151:
    case 322:
      return (view, places, skip, told) => read(view, places, skip, told) * 1000
    case 154:
    case 155:
    case 156:
    case 157:
    case 324:
    case 325:
      return (view, places, skip, told) => fromNtp(read(view, places, skip, told))
    case 21:
    case 22:
      return (view, places, skip, told) =>
        sinceBoot(read(view, places, skip, told), boot?.(view, places, skip, told) ?? told.bootMs, told.exportMs)
    case 158:
    case 159:
      return (view, places, skip, told) => told.exportMs - Math.floor(read(view, places, skip, told) / 1000)
    default:
      return read
  }
}

/** Seconds in the high word, their fraction in the low one. */
function fromNtp(value: number): number {
  const seconds = Math.floor(value / HIGH)
  return (seconds - NTP_TO_UNIX_SECONDS) * 1000 + Math.floor(((value - seconds * HIGH) / HIGH) * 1000)
}

/** The count of 32 bits begins anew every 49.7 days: of all moments it can mean, the nearest to the export. */
function sinceBoot(uptime: number, bootMs: number | null, exportMs: number): number {
  if (bootMs === null) return Number.NaN
  const moment = bootMs + uptime
  return moment + Math.round((exportMs - moment) / HIGH) * HIGH
}

/** In milliseconds. */
export function durationOf(fields: readonly Field[]): Read | null {
  const found = find(fields, ELEMENTS.duration)
  if (found === null) return null
  const { element, read } = found
  return element === 161 ? read : (view, places, skip, told) => Math.floor(read(view, places, skip, told) / 1000)
}

/** Reads the sampling rate from the record, from its selector, or from what was told last. */
export function samplingOf(fields: readonly Field[]): Read {
  const interval = find(fields, ELEMENTS.samplingInterval)?.read
  const sampled = find(fields, ELEMENTS.sampledPackets)?.read
  const skipped = find(fields, ELEMENTS.skippedPackets)?.read
  const selector = find(fields, ELEMENTS.selector)?.read
  if (interval !== undefined) return interval
  if (sampled !== undefined && skipped !== undefined)
    return (view, places, skip, told) => {
      const taken = sampled(view, places, skip, told)
      return taken === 0 ? 0 : Math.round((taken + skipped(view, places, skip, told)) / taken)
    }
  if (selector !== undefined)
    return (view, places, skip, told) =>
      told.sampling.get(selector(view, places, skip, told)) ?? told.sampling.get(ANY_SELECTOR) ?? 0
  return (_view, _places, _skip, told) => told.sampling.get(ANY_SELECTOR) ?? 0
}
