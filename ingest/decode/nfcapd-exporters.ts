import type { ExporterIndex } from './exporters.ts'

/** Least length of an exporter record of layouts 1 and 2. */
export const EXPORTER_RECORD_LENGTH = 32
const FAMILY_IPV4 = 2
/** Layouts 1 and 2 have no more numbers; a file of layout 3 that has is made up. */
const MOST_NUMBERS = 65_536

/** The exporters of one file by the numbers (sysid) that its records use. */
export interface ExporterNumbers {
  /** Takes in an exporter record of layouts 1 and 2 that starts at `at`. */
  read(view: DataView, at: number): void
  /** Takes in that this number belongs to the address of 16 bytes at `at`, in network order. */
  set(sysId: number, view: DataView, at: number): void
  /** Hot: the exporter of this number; without a record of it the address is unknown. */
  of(sysId: number): number
  /** Takes in a sampler record of layouts 1 and 2 that starts at `at`; there are two forms of it. */
  readSampler(view: DataView, at: number, size: number): void
  /** Does any exporter sample? Only then is there something to count. */
  readonly isSampled: boolean
  /** Counts a flow whose counters are not multiplied, if its exporter samples. */
  countUnscaled(sysId: number): void
  /** Exporters that sample and have flows whose counters are not multiplied. */
  unscaled(): UnscaledExporter[]
}

export interface UnscaledExporter {
  /** Index into `FlowFileSummary.exporters`. */
  readonly exporter: number
  /** One packet in so many was looked at. */
  readonly interval: number
  readonly flows: number
}

/** Least length of either form of a sampler record. */
export const SAMPLER_RECORD_LENGTH = 16
const NEW_SAMPLER_LENGTH = 24

export function createExporterNumbers(exporters: ExporterIndex): ExporterNumbers {
  const indexOf = new Map<number, number>()
  const intervalOf = new Map<number, number>()
  const unscaledOf = new Map<number, number>()
  const words = new Uint32Array(4)
  let lastId = -1
  let lastIndex = 0

  function remember(sysId: number): void {
    if (indexOf.size === MOST_NUMBERS && !indexOf.has(sysId)) return
    indexOf.set(sysId, exporters.of(words, 0))
    lastId = -1
  }

  function set(sysId: number, view: DataView, at: number): void {
    for (let word = 0; word < 4; word++) words[word] = view.getUint32(at + word * 4, false)
    remember(sysId)
  }

  /** Up to 1.7.7 the address is in host order behind a family; from 1.7.8 on the family is 0 and the address in network order. */
  function read(view: DataView, at: number): void {
    const family = view.getUint16(at + 24, true)
    const sysId = view.getUint16(at + 26, true)
    if (family === 0) set(sysId, view, at + 8)
    else {
      if (family === FAMILY_IPV4) words.set([0, 0, 0xffff, view.getUint32(at + 20, true)])
      else readHalves(view, at + 8, words, 0)
      remember(sysId)
    }
  }

  function of(sysId: number): number {
    if (sysId === lastId) return lastIndex
    lastIndex = indexOf.get(sysId) ?? exporters.ofIPv4(0)
    lastId = sysId
    return lastIndex
  }

  /** An exporter with several samplers counts as one that samples as the last of them says. */
  function readSampler(view: DataView, at: number, size: number): void {
    const isNew = size >= NEW_SAMPLER_LENGTH
    const sysId = view.getUint16(at + (isNew ? 4 : 14), true)
    const packets = isNew ? view.getUint32(at + 16, true) : 1
    const interval = isNew ? (packets + view.getUint32(at + 20, true)) / packets : view.getUint32(at + 8, true)
    if (interval > 1 && Number.isFinite(interval)) intervalOf.set(sysId, interval)
  }

  function countUnscaled(sysId: number): void {
    if (intervalOf.has(sysId)) unscaledOf.set(sysId, (unscaledOf.get(sysId) ?? 0) + 1)
  }

  return {
    read,
    set,
    of,
    readSampler,
    get isSampled() {
      return intervalOf.size > 0
    },
    countUnscaled,
    unscaled: () =>
      [...unscaledOf].map(([sysId, flows]) => ({ exporter: of(sysId), interval: intervalOf.get(sysId)!, flows })),
  }
}

/** An IPv6 address as nfdump writes it: two 64-bit numbers of the writing host, the most significant first. */
export function readHalves(view: DataView, at: number, words: Uint32Array, to: number): void {
  words[to] = view.getUint32(at + 4, true)
  words[to + 1] = view.getUint32(at, true)
  words[to + 2] = view.getUint32(at + 12, true)
  words[to + 3] = view.getUint32(at + 8, true)
}
