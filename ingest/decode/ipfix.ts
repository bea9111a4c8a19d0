import { DecodeError } from '../model/errors.ts'
import { createFlowBatch, type FlowBatch, type FlowFileSummary } from '../model/flow-batch.ts'
import type { Decoder, EmitBatch } from './decoder.ts'
import { createExporterIndex } from './exporters.ts'
import { type Columns, compile } from './ipfix-columns.ts'
import { compileOptions, type Learn } from './ipfix-options.ts'
import { MOST_FIELDS, placeFields, readTemplate, type Template } from './ipfix-template.ts'
import type { Told } from './ipfix-values.ts'
import { writeReverse } from './reverse.ts'
import { believedRate } from './sampling.ts'
import { startSummary } from './summary.ts'
import { createWarnings, type Warnings } from './warnings.ts'

const VERSION = 10
const MESSAGE_HEADER = 16
const SET_HEADER = 4
/** A message says its length in 16 bits. */
const MOST_MESSAGE = 65_535
const SET = { templates: 2, optionsTemplates: 3, firstData: 256 } as const
/** Index of an exporter whose address nobody has told yet. */
const UNTOLD = -1
/** Templates (and domains) of one file that are remembered; beyond, the oldest are forgotten. */
const MOST_TEMPLATES = 4096

/** Files of IPFIX messages (RFC 5655), as SiLK, YAF and others write, or one message after the other as they came. */
export const ipfix: Decoder = {
  name: 'IPFIX',
  recognizes(head) {
    if (head.length < MESSAGE_HEADER) return false
    const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
    if (view.getUint16(0) !== VERSION || view.getUint16(2) < MESSAGE_HEADER) return false
    if (head.length < MESSAGE_HEADER + SET_HEADER) return true
    const id = view.getUint16(MESSAGE_HEADER)
    return id === SET.templates || id === SET.optionsTemplates || id >= SET.firstData || id === VERSION
  },
  async decode(bytes, emit) {
    const summary = startSummary('IPFIX')
    summary.detail = 'messages of RFC 7011'
    const warnings = createWarnings()
    const reader = createMessageReader(summary, warnings, emit)
    let damage: DecodeError | null = null
    for (let ahead = await bytes.peek(MOST_MESSAGE); ahead.length > 0; ahead = await bytes.peek(MOST_MESSAGE)) {
      const run = wholeMessages(ahead)
      for (const message of run.messages) {
        summary.firstExportMs ??= message.getUint32(4) * 1000
        const wrong = reader.read(message)
        if (wrong === null) continue
        const byte = bytes.offset + message.byteOffset - ahead.byteOffset + wrong.at
        damage ??= new DecodeError(byte, wrong.message)
        warnings.add('set', `byte ${byte}: ${wrong.message}`)
      }
      await bytes.take(run.length)
      if (run.damage === null) continue
      damage ??= new DecodeError(bytes.offset, run.damage)
      summary.complete = false
      warnings.add('message', `byte ${bytes.offset}: ${run.damage}`)
      break
    }
    reader.finish()
    if (summary.records === 0 && damage !== null) throw damage
    summary.warnings.push(...warnings.lines())
    return summary
  },
}

/** The messages that lie whole in `bytes`; `damage` says what is wrong with the first one that can never be, for nothing can be found behind it. */
function wholeMessages(bytes: Uint8Array): { messages: DataView[]; length: number; damage: string | null } {
  const messages: DataView[] = []
  let at = 0
  let damage: string | null = null
  while (at < bytes.length && damage === null) {
    const left = bytes.length - at
    const head = new DataView(bytes.buffer, bytes.byteOffset + at, left)
    const version = left < 2 ? VERSION : head.getUint16(0)
    const length = left < 4 ? MESSAGE_HEADER : head.getUint16(2)
    if (version !== VERSION) damage = `a message should begin here, but its version is ${version}; expected ${VERSION}`
    else if (length < MESSAGE_HEADER) damage = `message of ${length} bytes; expected at least ${MESSAGE_HEADER}`
    else if (length <= left) {
      messages.push(new DataView(bytes.buffer, bytes.byteOffset + at, length))
      at += length
    } else if (at === 0) damage = `message of ${length} bytes, but only ${left} remain; is the collector still writing?`
    else break
  }
  return { messages, length: at, damage }
}

interface SetDamage {
  /** Where in the message. */
  readonly at: number
  readonly message: string
}

/** A template with what was compiled of it when the first record came. */
interface Known {
  readonly template: Template
  columns?: Columns
  learn?: Learn
}

/** Reads messages; templates and what exporters tell of themselves last from one to the next, by observation domain. */
function createMessageReader(summary: FlowFileSummary, warnings: Warnings, emit: EmitBatch) {
  const exporters = createExporterIndex(summary.exporters)
  const templates = createRecent<string, Known>()
  const domains = createRecent<number, Told>()
  const batch = createFlowBatch()
  const places = new Int32Array(MOST_FIELDS)
  const skipped = { unknown: 0, other: 0 }

  const flush = () => {
    if (batch.length > 0) emit(batch, summary)
    batch.length = 0
  }

  function read(view: DataView): SetDamage | null {
    const end = view.byteLength
    const domain = view.getUint32(12)
    const told = toldBy(domain)
    told.exportMs = view.getUint32(4) * 1000
    for (let at = MESSAGE_HEADER; at < end; ) {
      const id = at + SET_HEADER <= end ? view.getUint16(at) : 0
      const length = at + SET_HEADER <= end ? view.getUint16(at + 2) : 0
      if (length < SET_HEADER || at + length > end)
        return { at, message: `set of ${length} bytes, but ${end - at} remain; the rest of the message is left out` }
      const setEnd = at + length
      if (id === SET.templates || id === SET.optionsTemplates) {
        const wrong = readTemplates(view, at + SET_HEADER, setEnd, domain, id === SET.optionsTemplates)
        if (wrong !== null) return wrong
      } else if (id >= SET.firstData) {
        const known = templates.get(`${domain} ${id}`)
        if (known === undefined) skipped.unknown++
        else if (known.template.isOptions) learnFrom(view, at + SET_HEADER, setEnd, known, told)
        else readRecords(view, at + SET_HEADER, setEnd, known, told)
      }
      at = setEnd
    }
    return null
  }

  function toldBy(domain: number): Told {
    const known = domains.get(domain)
    if (known !== undefined) return known
    const told: Told = { exportMs: 0, bootMs: null, sampling: new Map(), exporter: UNTOLD, warnings }
    domains.set(domain, told)
    return told
  }

  function readTemplates(
    view: DataView,
    start: number,
    end: number,
    domain: number,
    isOptions: boolean,
  ): SetDamage | null {
    const header = isOptions ? 6 : 4
    for (let at = start; at + 4 <= end; ) {
      const id = view.getUint16(at)
      const count = view.getUint16(at + 2)
      if (id < SET.firstData) return null // Padding.
      const key = `${domain} ${id}`
      if (count === 0) {
        templates.delete(key)
        at += 4
        continue
      }
      const found = readTemplate(view, at + header, end, count, isOptions)
      if (found === null) return { at, message: `template ${id} of ${count} fields cannot be true` }
      templates.set(key, { template: found.template })
      at = found.next
    }
    return null
  }

  function learnFrom(view: DataView, start: number, end: number, known: Known, told: Told): void {
    const { template } = known
    known.learn ??= compileOptions(template, exporters)
    for (let at = start; at + template.leastLength <= end; ) {
      const next = placeFields(template, view, at, end, places)
      if (next === -1) return
      known.learn(view, places, told)
      at = next
    }
  }

  // Hot: a run of records becomes rows column by column; where each record has its own length or two rows, one by one.
  function readRecords(view: DataView, start: number, end: number, known: Known, told: Told): void {
    const { template } = known
    known.columns ??= compile(template, exporters)
    if (told.exporter === UNTOLD) told.exporter = exporters.ofIPv4(0)
    const { steps, reverse } = known.columns
    if (steps.length === 0) {
      skipped.other++
      return
    }
    const stride = template.leastLength
    const isRun = !template.isVariable && reverse === null
    for (let at = start; at + stride <= end; ) {
      if (batch.length + 2 > batch.exporter.length) flush()
      const count = isRun ? Math.min(Math.floor((end - at) / stride), batch.exporter.length - batch.length) : 1
      const next = placeFields(template, view, at, end, places)
      if (next === -1) {
        warnings.add('record', 'a record runs past the end of its set; the rest of the set is left out')
        return
      }
      addRows(view, known.columns, stride, count, told)
      at = count === 1 ? next : at + count * stride
    }
  }

  function addRows(view: DataView, columns: Columns, stride: number, count: number, told: Told): void {
    const first = batch.length
    for (const step of columns.steps) step(view, places, stride, count, told, batch, first)
    if (!areCountersExact(batch, first, count)) {
      addOneByOne(view, columns, stride, count, told)
      return
    }
    summary.records += count
    batch.length += count
    if (columns.reverse !== null) addReverse(view, columns, told, first)
  }

  /** Leaves out the rows whose counters cannot be true. */
  function addOneByOne(view: DataView, columns: Columns, stride: number, count: number, told: Told): void {
    for (let n = 0; n < count; n++) {
      const i = batch.length
      for (const step of columns.steps) step(view, places, stride, 1, told, batch, i)
      if (areCountersExact(batch, i, 1)) {
        summary.records++
        batch.length++
        if (columns.reverse !== null) addReverse(view, columns, told, i)
      } else summary.implausible++
      for (let field = 0; field < places.length; field++) places[field]! += stride
    }
  }

  function addReverse(view: DataView, { reverse, sampling }: Columns, told: Told, i: number): void {
    const rate = Math.max(1, believedRate(sampling(view, places, 0, told), warnings))
    const octets = reverse!.octets(view, places, 0, told) * rate
    const packets = reverse!.packets(view, places, 0, told) * rate
    if (octets === 0 && packets === 0) return
    if (octets > Number.MAX_SAFE_INTEGER || packets > Number.MAX_SAFE_INTEGER) summary.implausible++
    else {
      writeReverse(batch, i, packets, octets)
      if (reverse!.tos !== null) batch.tos[i + 1] = reverse!.tos(view, places, 0, told)
      batch.length = i + 2
    }
  }

  return {
    read,
    finish() {
      flush()
      if (skipped.unknown > 0)
        warnings.add(
          'template',
          `${skipped.unknown} sets of records come before their template, or without, and are left out`,
        )
      if (skipped.other > 0) warnings.add('other', `${skipped.other} sets hold records that count no traffic`)
      if (summary.implausible > 0)
        warnings.add('implausible', `${summary.implausible} records with counters beyond 2^53 are left out`)
    },
  }
}

function areCountersExact({ octets, packets, flows }: FlowBatch, first: number, count: number): boolean {
  for (let i = first; i < first + count; i++) {
    if (octets[i]! > Number.MAX_SAFE_INTEGER || packets[i]! > Number.MAX_SAFE_INTEGER) return false
    if (flows[i]! > Number.MAX_SAFE_INTEGER) return false
  }
  return true
}

/** A map that forgets what was set longest ago. */
function createRecent<K, V>(): Pick<Map<K, V>, 'get' | 'delete'> & { set(key: K, value: V): void } {
  const map = new Map<K, V>()
  return {
    get: (key) => map.get(key),
    delete: (key) => map.delete(key),
    set(key, value) {
      map.delete(key)
      map.set(key, value)
      if (map.size > MOST_TEMPLATES) map.delete(map.keys().next().value!)
    },
  }
}
