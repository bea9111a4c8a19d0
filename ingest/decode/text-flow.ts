import { type Address, parseAddress } from '../model/address.ts'
import { createFlowBatch, type FlowBatch, type FlowFileSummary, UNKNOWN } from '../model/flow-batch.ts'
import type { WallClock } from '../model/time-zone.ts'
import type { EmitBatch } from './decoder.ts'
import { createExporterIndex } from './exporters.ts'
import { momentOrUnknown } from './moments.ts'
import { protocolNumber } from './protocol-names.ts'
import { writeReverse } from './reverse.ts'
import { believedRate } from './sampling.ts'
import type { Warnings } from './warnings.ts'

/** A flow as a line of text gives it. Text is read some hundred times slower than bytes: here an object per flow costs little. */
export interface TextFlow {
  src: Address | null
  dst: Address | null
  exporter: Address | null
  srcPort: number
  dstPort: number
  icmpType: number
  icmpCode: number
  protocol: number
  tos: number
  tcpFlags: number
  /** NaN: not said. */
  octets: number
  packets: number
  flows: number
  reverseOctets: number
  reversePackets: number
  srcAs: number
  dstAs: number
  ingressIfIndex: number
  egressIfIndex: number
  /** Unix ms; NaN: not said. */
  startMs: number
  endMs: number
  durationMs: number
  receivedMs: number
  /** 1 in how many packets was looked at, where the counters are yet to be multiplied by it; 0: not said. */
  sampling: number
  isScaled: boolean
  /** A line of another kind than flows. */
  isOther: boolean
  /** What could not be read: `octets "x"`. */
  mistake: string | null
  /** NetFlow 5's clock: seconds and nanoseconds of the export, and milliseconds since the router's start then. */
  unixSeconds: number
  unixNanoseconds: number
  sysUpTime: number
  first: number
  last: number
}

const NOTHING: Readonly<TextFlow> = {
  src: null,
  dst: null,
  exporter: null,
  srcPort: 0,
  dstPort: 0,
  icmpType: 0,
  icmpCode: 0,
  protocol: UNKNOWN,
  tos: UNKNOWN,
  tcpFlags: 0,
  octets: Number.NaN,
  packets: 0,
  flows: 1,
  reverseOctets: 0,
  reversePackets: 0,
  srcAs: 0,
  dstAs: 0,
  ingressIfIndex: 0,
  egressIfIndex: 0,
  startMs: Number.NaN,
  endMs: Number.NaN,
  durationMs: 0,
  receivedMs: Number.NaN,
  sampling: 0,
  isScaled: false,
  isOther: false,
  mistake: null,
  unixSeconds: Number.NaN,
  unixNanoseconds: 0,
  sysUpTime: 0,
  first: 0,
  last: 0,
}

export function createTextFlow(): TextFlow {
  return { ...NOTHING }
}

/** Puts one value of a line, a number or a text, where it belongs. */
export type Setter = (flow: TextFlow, value: unknown, clock: WallClock) => void

type Numbers = { [K in keyof TextFlow]: TextFlow[K] extends number ? K : never }[keyof TextFlow]

/** A whole number from 0 to `most`. Greater ones make the flow implausible when counters may be; anything else is a mistake. */
export function whole(name: Numbers, most: number = Number.POSITIVE_INFINITY): Setter {
  return (flow, value) => {
    const number =
      typeof value === 'number' ? value : typeof value === 'string' && /^\s*\d+\s*$/.test(value) ? Number(value) : -1
    if (number >= 0 && number <= most && (Number.isInteger(number) || number === Number.POSITIVE_INFINITY))
      flow[name] = number
    else mistake(flow, name, value)
  }
}

function mistake(flow: TextFlow, name: string, value: unknown): void {
  flow.mistake ??= `${name} ${JSON.stringify(value)?.slice(0, 60)}`
}

/** An address; an empty one is none. The last one is kept: exporters are few. */
export function address(name: 'src' | 'dst' | 'exporter'): Setter {
  let lastValue: unknown
  let last: Address | null = null
  return (flow, value) => {
    if (value === '' || value === null) return
    const parsed = value === lastValue ? last : typeof value === 'string' ? parseAddress(value.trim()) : null
    lastValue = value
    last = parsed
    if (parsed === null) mistake(flow, name, value)
    else flow[name] = parsed
  }
}

/** A protocol by name or number; one that nobody knows stays unknown. */
export const protocol: Setter = (flow, value) => {
  flow.protocol = protocolNumber(String(value)) ?? UNKNOWN
}

/** A port; nfdump writes ICMP's type and code as `3.1` there. */
export const dstPort: Setter = (flow, value, clock) => {
  const match = typeof value === 'string' ? /^\s*(\d{1,3})\.(\d{1,3})\s*$/.exec(value) : null
  if (match === null) port(flow, value, clock)
  else flow.dstPort = (Number(match[1]) * 256 + Number(match[2])) & 0xffff
}
const port = whole('dstPort', 65_535)

/** A number, or nfdump's eight letters and dots. */
export const tcpFlags: Setter = (flow, value) => {
  const text = String(value)
  flow.tcpFlags = /^[A-Z.]{8}$/.test(text)
    ? [...text].reduce((bits, letter) => bits * 2 + (letter === '.' ? 0 : 1), 0)
    : Number(text) & 0xff
}

/** Seconds with a fraction. */
export const durationMs: Setter = (flow, value) => {
  const ms = Math.round(Number(value) * 1000)
  if (ms >= 0 && ms <= Number.MAX_SAFE_INTEGER) flow.durationMs = ms
}

type Moments = 'startMs' | 'endMs' | 'receivedMs'

/**
 * A moment as `2024-05-01T10:39:58.649`, with a blank for the T, without a fraction, with a zone or (by the clock on the
 * wall) without; or in unix seconds with a fraction. Years before 1970 are none: tools write 0 so.
 */
export function moment(name: Moments): Setter {
  return (flow, value, clock) => {
    const ms = parseMoment(String(value), clock)
    if (Number.isNaN(ms)) mistake(flow, name, value)
    else flow[name] = ms
  }
}

const MOMENT = /^\s*(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?(Z|[+-]\d\d:?\d\d)?\s*$/
const UNIX_SECONDS = /^\s*(\d{1,10})(?:\.(\d{1,9}))?\s*$/

function parseMoment(text: string, clock: WallClock): number {
  const unix = UNIX_SECONDS.exec(text)
  if (unix !== null) return Number(unix[1]) * 1000 + milliseconds(unix[2])
  const match = MOMENT.exec(text)
  if (match === null) return Number.NaN
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  if (year < 1970) return 0
  const shown = Date.UTC(year, month - 1, day, hour, minute, second)
  const zone = match[8]
  return (zone === undefined ? clock(shown) : shown - offsetMs(zone)) + milliseconds(match[7])
}

function milliseconds(fraction = ''): number {
  return Number(fraction.padEnd(3, '0').slice(0, 3))
}

function offsetMs(zone: string): number {
  if (zone === 'Z') return 0
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2))
  return (zone.startsWith('-') ? -minutes : minutes) * 60_000
}

/** A double holds nanoseconds of our days only to a quarter of a microsecond: so much is added, that no whole millisecond is lost. */
const NANOSECOND_SLACK = 256

/** A moment in unix nanoseconds; as text, these are exact (and goflow2 can be told to write a date). */
export function nanoseconds(name: Moments): Setter {
  const asText = moment(name)
  return (flow, value, clock) => {
    if (typeof value === 'number') flow[name] = Math.floor((value + NANOSECOND_SLACK) / 1_000_000)
    else if (/^\d{11,20}$/.test(String(value))) flow[name] = Number(String(value).slice(0, -6))
    else asText(flow, value, clock)
  }
}

/** Collects flows that were read from text into batches. */
export interface TextFlows {
  /** `at` says where the flow stands, for a warning. */
  add(flow: TextFlow, at: string): void
  /** Something that should be a flow could not be read at all. */
  refuse(at: string, reason: string): void
  finish(): void
  /** The first thing that was refused. */
  readonly refused: string | null
  /** How many lines were of another kind. */
  readonly others: number
}

export function collectTextFlows(summary: FlowFileSummary, warnings: Warnings, emit: EmitBatch): TextFlows {
  const batch = createFlowBatch()
  const exporters = createExporterIndex(summary.exporters)
  let refused: string | null = null
  let others = 0

  function flush(): void {
    if (batch.length > 0) emit(batch, summary)
    batch.length = 0
  }

  function refuse(at: string, reason: string): void {
    refused ??= `${at}: ${reason}`
    warnings.add('refused', `${at} is left out: ${reason}`)
  }

  return {
    get refused() {
      return refused
    },
    get others() {
      return others
    },
    refuse,
    add(flow, at) {
      if (flow.isOther) {
        others++
        return
      }
      if (flow.mistake !== null) return refuse(at, flow.mistake)
      if (Number.isNaN(flow.octets)) return refuse(at, 'it tells no octets')
      const rate = Math.max(1, believedRate(flow.sampling, warnings))
      const counters = [flow.octets, flow.packets, flow.reverseOctets, flow.reversePackets].map((count) => count * rate)
      if (![...counters, flow.flows].every(Number.isSafeInteger)) {
        summary.implausible++
        return
      }
      if (batch.length + 2 > batch.exporter.length) flush()
      const i = batch.length
      summary.records++
      write(flow, batch, i)
      batch.exporter[i] = flow.exporter === null ? exporters.ofIPv4(0) : exporters.of(flow.exporter, 0)
      const [octets, packets, reverseOctets, reversePackets] = counters as [number, number, number, number]
      batch.octets[i] = octets
      batch.packets[i] = packets
      batch.scaled[i] = flow.isScaled || rate > 1 ? 1 : 0
      batch.length++
      const receivedMs = momentOrUnknown(flow.receivedMs)
      if (receivedMs > 0) summary.firstExportMs ??= receivedMs
      if (reverseOctets === 0 && reversePackets === 0) return
      writeReverse(batch, i, reversePackets, reverseOctets)
      batch.length++
    },
    finish() {
      flush()
      if (summary.implausible > 0)
        warnings.add('implausible', `${summary.implausible} records with counters beyond 2^53 are left out`)
    },
  }
}

const UNSPECIFIED: Address = [0, 0, 0, 0]
const ICMP = 1
const ICMPV6 = 58

/** Everything but exporter and counters. */
function write(flow: TextFlow, batch: FlowBatch, i: number): void {
  batch.srcAddr.set(flow.src ?? UNSPECIFIED, i * 4)
  batch.dstAddr.set(flow.dst ?? UNSPECIFIED, i * 4)
  const isIcmp = flow.protocol === ICMP || flow.protocol === ICMPV6
  batch.srcPort[i] = flow.srcPort
  batch.dstPort[i] = isIcmp && flow.dstPort === 0 ? flow.icmpType * 256 + flow.icmpCode : flow.dstPort
  batch.protocol[i] = flow.protocol
  batch.tos[i] = flow.tos
  batch.tcpFlags[i] = flow.tcpFlags
  batch.flows[i] = Math.max(1, flow.flows)
  batch.srcAs[i] = flow.srcAs
  batch.dstAs[i] = flow.dstAs
  batch.ingressIfIndex[i] = flow.ingressIfIndex
  batch.egressIfIndex[i] = flow.egressIfIndex
  const { startMs, endMs } = lifeOf(flow)
  batch.startMs[i] = startMs
  batch.endMs[i] = endMs
  batch.reverse[i] = 0
}

/** Of start, end and duration two are enough; one alone is both; none: when it was received. */
function lifeOf({ startMs, endMs, durationMs, receivedMs }: TextFlow): { startMs: number; endMs: number } {
  const ended = [endMs, startMs + durationMs, receivedMs, 0].find((ms) => !Number.isNaN(ms))!
  const began = Number.isNaN(startMs) ? ended - durationMs : startMs
  return { startMs: momentOrUnknown(began), endMs: momentOrUnknown(ended) }
}
