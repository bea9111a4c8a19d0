import { type FlowBatch, UNKNOWN } from '../model/flow-batch.ts'
import type { ExporterIndex } from './exporters.ts'
import type { Field, Template } from './ipfix-template.ts'
import {
  durationOf,
  ELEMENTS,
  find,
  momentOf,
  placeOf,
  type Read,
  samplingOf,
  type Told,
  zero,
} from './ipfix-values.ts'
import { momentOrUnknown } from './moments.ts'
import { believedRate } from './sampling.ts'

/** Hot: writes one column (or what goes with it) of `count` records, `stride` bytes apart, into rows from `first` on. */
type Step = (
  view: DataView,
  places: Int32Array,
  stride: number,
  count: number,
  told: Told,
  batch: FlowBatch,
  first: number,
) => void

/** A template made ready, so that records become rows. */
export interface Columns {
  /** In this order. Those of a template that tells of no flow: none. */
  readonly steps: readonly Step[]
  /** Of the way back, as it stands in the record; `null` where the template counts none. */
  readonly reverse: { readonly octets: Read; readonly packets: Read; readonly tos: Read | null } | null
  /** 1 in how many packets the exporter looked at for this record; 0 when nobody told. */
  readonly sampling: Read
}

const ICMP = 1
const ICMPV6 = 58

/** Compiles a template: what is looked up here once is not looked up for any record. */
export function compile({ fields, isOptions }: Template, exporters: ExporterIndex): Columns {
  const octets = find(fields, ELEMENTS.octets)
  const packets = find(fields, ELEMENTS.packets)
  const reverseOctets = find(fields, ELEMENTS.reverseOctets)
  const reversePackets = find(fields, ELEMENTS.reversePackets)
  const sampling = samplingOf(fields)
  const isFlow = !isOptions && (octets ?? packets ?? reverseOctets ?? reversePackets) !== null
  return {
    sampling,
    reverse:
      reverseOctets === null && reversePackets === null
        ? null
        : {
            octets: reverseOctets?.read ?? zero,
            packets: reversePackets?.read ?? zero,
            tos: find(fields, ELEMENTS.reverseTos, 1)?.read ?? null,
          },
    steps: !isFlow
      ? []
      : [
          ...addressSteps(fields),
          numbers('protocol', find(fields, ELEMENTS.protocol, 1)?.read, UNKNOWN),
          numbers('tos', find(fields, ELEMENTS.tos, 1)?.read, UNKNOWN),
          numbers('tcpFlags', find(fields, ELEMENTS.tcpFlags)?.read, 0),
          numbers('srcPort', find(fields, ELEMENTS.srcPort)?.read, 0),
          numbers('dstPort', find(fields, ELEMENTS.dstPort)?.read, 0),
          ...icmpSteps(fields),
          numbers('srcAs', find(fields, ELEMENTS.srcAs)?.read, 0),
          numbers('dstAs', find(fields, ELEMENTS.dstAs)?.read, 0),
          numbers('ingressIfIndex', find(fields, ELEMENTS.ingressIfIndex)?.read, 0),
          numbers('egressIfIndex', find(fields, ELEMENTS.egressIfIndex)?.read, 0),
          numbers('octets', octets?.read, 0),
          numbers('packets', packets?.read, 0),
          numbers('flows', atLeastOne(find(fields, ELEMENTS.flows)?.read), 1),
          numbers('reverse', undefined, 0),
          ...timeSteps(fields),
          exporterStep(fields, exporters),
          scaleStep(sampling),
        ],
  }
}

type NumberColumn = Exclude<keyof FlowBatch, 'length'>

/** One column of numbers; `missing` where the template does not have it. */
function numbers(name: NumberColumn, read: Read | undefined, missing: number): Step {
  if (read === undefined)
    return (_view, _places, _stride, count, _told, batch, first) => void batch[name].fill(missing, first, first + count)
  return (view, places, stride, count, told, batch, first) => {
    const column = batch[name]
    for (let n = 0; n < count; n++) column[first + n] = read(view, places, n * stride, told)
  }
}

function atLeastOne(read: Read | undefined): Read | undefined {
  return read && ((view, places, skip, told) => Math.max(1, read(view, places, skip, told)))
}

/** IPv6 first: where a record has room for both, the one that is not used is zero. */
function addressSteps(fields: readonly Field[]): Step[] {
  return [
    addresses('srcAddr', placeOf(fields, ELEMENTS.srcIPv4, 4), placeOf(fields, ELEMENTS.srcIPv6, 16)),
    addresses('dstAddr', placeOf(fields, ELEMENTS.dstIPv4, 4), placeOf(fields, ELEMENTS.dstIPv6, 16)),
  ]
}

function addresses(name: 'srcAddr' | 'dstAddr', ipv4: number, ipv6: number): Step {
  return (view, places, stride, count, _told, batch, first) => {
    const column = batch[name]
    for (let n = 0, to = first * 4; n < count; n++, to += 4) {
      const short = ipv4 === -1 ? 0 : view.getUint32(places[ipv4]! + n * stride)
      if (ipv4 !== -1 && (short !== 0 || ipv6 === -1)) {
        column[to] = 0
        column[to + 1] = 0
        column[to + 2] = 0xffff
        column[to + 3] = short
      } else if (ipv6 === -1) column.fill(0, to, to + 4)
      else
        for (let word = 0; word < 4; word++) column[to + word] = view.getUint32(places[ipv6]! + n * stride + word * 4)
    }
  }
}

/** Type and code of ICMP stand where the destination port would (as in NetFlow 5), unless it is there already. */
function icmpSteps(fields: readonly Field[]): Step[] {
  const both = find(fields, ELEMENTS.icmp)?.read
  const type = find(fields, ELEMENTS.icmpType)?.read
  const code = find(fields, ELEMENTS.icmpCode)?.read
  const read =
    both ??
    (type &&
      ((view, places, skip, told) => type(view, places, skip, told) * 256 + (code ?? zero)(view, places, skip, told)))
  if (read === undefined) return []
  return [
    (view, places, stride, count, told, { protocol, dstPort }, first) => {
      for (let n = 0, i = first; n < count; n++, i++) {
        if ((protocol[i] === ICMP || protocol[i] === ICMPV6) && dstPort[i] === 0)
          dstPort[i] = read(view, places, n * stride, told)
      }
    },
  ]
}

/** A record that tells one of its times has a duration of 0, unless it tells that too; one that tells none ended when it was sent. */
function timeSteps(fields: readonly Field[]): Step[] {
  const seen = momentOf(fields, ELEMENTS.seen)
  const start = momentOf(fields, ELEMENTS.start) ?? seen
  const end = momentOf(fields, ELEMENTS.end) ?? seen
  const duration = durationOf(fields)
  return [
    (view, places, stride, count, told, { startMs, endMs }, first) => {
      for (let n = 0, i = first; n < count; n++, i++) {
        const skip = n * stride
        const known = start === null ? Number.NaN : start(view, places, skip, told)
        const last = end === null ? Number.NaN : end(view, places, skip, told)
        const took = duration === null ? 0 : duration(view, places, skip, told)
        const ended = !Number.isNaN(last) ? last : !Number.isNaN(known) ? known + took : told.exportMs
        endMs[i] = momentOrUnknown(ended)
        startMs[i] = momentOrUnknown(Number.isNaN(known) ? ended - took : known)
      }
    },
  ]
}

function exporterStep(fields: readonly Field[], exporters: ExporterIndex): Step {
  const ipv4 = placeOf(fields, ELEMENTS.exporterIPv4, 4)
  const ipv6 = placeOf(fields, ELEMENTS.exporterIPv6, 16)
  if (ipv4 === -1 && ipv6 === -1)
    return (_view, _places, _stride, count, told, batch, first) =>
      void batch.exporter.fill(told.exporter, first, first + count)
  const words = new Uint32Array(4)
  return (view, places, stride, count, _told, batch, first) => {
    for (let n = 0; n < count; n++) {
      const at = places[ipv4 === -1 ? ipv6 : ipv4]! + n * stride
      if (ipv4 !== -1) batch.exporter[first + n] = exporters.ofIPv4(view.getUint32(at))
      else {
        for (let word = 0; word < 4; word++) words[word] = view.getUint32(at + word * 4)
        batch.exporter[first + n] = exporters.of(words, 0)
      }
    }
  }
}

function scaleStep(sampling: Read): Step {
  return (view, places, stride, count, told, { octets, packets, scaled }, first) => {
    for (let n = 0, i = first; n < count; n++, i++) {
      const rate = believedRate(sampling(view, places, n * stride, told), told.warnings)
      scaled[i] = rate > 1 ? 1 : 0
      if (rate > 1) {
        octets[i]! *= rate
        packets[i]! *= rate
      }
    }
  }
}
