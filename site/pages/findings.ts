import { idOf } from '../../ingest/config/values.ts'
import { formatAddress, formatPrefix, parseAddress } from '../../ingest/model/address.ts'
import { addCounters, type Counter, compareCounters } from '../../ingest/model/counter.ts'
import type { Flaw } from '../../ingest/model/quality.ts'
import { printable } from '../../ingest/model/text.ts'
import { SLOT_SECONDS } from '../../ingest/model/time.ts'
import type { LateFile } from '../../ingest/store/health.ts'
import { isPublic } from '../edition.ts'
import { shareOf } from '../figures.ts'
import { type FlowFileQuality, type Quality, type RangeQuality, rangeQuality } from '../quality.ts'
import { isKnown, type Traffic } from '../traffic.ts'
import { formatCount, formatMoment, formatShare, type Moment } from '../units.ts'
import { clocksOff, offsetText } from './clocks.ts'
import type { Site } from './site.ts'

/** Something that puts numbers in doubt, and what cures it. */
export interface Finding {
  /** One of the store's promises is at stake: a run told of it. */
  readonly isAlarm: boolean
  readonly what: string
  readonly mend: string
  /** Lines of the config, or a command; empty when there is none. */
  readonly lines: string
  readonly since: Moment | null
}

/** Below, somebody should look whether `subnets` names all that is inside. */
const LOW_HIT_RATIO = 0.9
/** Of all flows: one in a thousand changes no decision. */
const NOTABLE_SHARE = 0.001
const MOST_LINES = 20

/** Alarms first, then what the last 24 hours show. None: the numbers can be trusted as far as anybody can tell. */
export function findingsOf(site: Site, day: Traffic, quality: Quality): Finding[] {
  const alarms = (quality.health?.alarms ?? []).map(({ subject, what, mend, since }) => ({
    ...finding(withoutPlaces(site, `${subject}: ${what}`), withoutPlaces(site, `To mend: ${mend}`)),
    isAlarm: true,
    since: momentOf(since, site.timeZone),
  }))
  if (!isKnown(day)) return alarms
  const range = rangeQuality(day)
  const found = [
    ...alarms,
    ...eventFindings(site),
    ...gapFindings(site, day, quality),
    ...fileFindings(quality),
    ...lateFindings(day, quality),
    ...clockFindings(site, quality),
    ...flawFindings(range),
    ...exporterFindings(site, quality),
    ...hitFindings(site, range),
  ]
  // Who cannot mend it is not told how.
  return isPublic(site.edition) ? found.map((each) => ({ ...each, mend: '', lines: '' })) : found
}

/** How a page marks what was found. */
export type State = 'good' | 'warn' | 'bad'

export function stateOf(findings: readonly Finding[]): State {
  return findings.some(({ isAlarm }) => isAlarm) ? 'bad' : findings.length > 0 ? 'warn' : 'good'
}

function finding(what: string, mend: string, lines = ''): Finding {
  return { isAlarm: false, what, mend, lines, since: null }
}

/** Lines of the file of events that nobody will see on a chart. */
function eventFindings({ happened: { mistakes } }: Site): Finding[] {
  if (mistakes.length === 0) return []
  const more = mistakes.length > MOST_LINES ? `\n… and ${formatCount(mistakes.length - MOST_LINES)} more` : ''
  return [
    finding(
      `The file of events: ${formatCount(mistakes.length)} ${mistakes.length === 1 ? 'thing' : 'things'} in it could not be read.`,
      'A line is a time and a label, or two times with a dash between and a label: 2026-11-23 16:35 Power failure. To mend in site.events:',
      mistakes.slice(0, MOST_LINES).map(printable).join('\n') + more,
    ),
  ]
}

/** What a run told, for everybody to read, whatever names of files are in it: where things lie on the machine is nobody's business. Directories are called by their keys in the config. */
export function withoutPlaces({ config }: Site, text: string): string {
  const places: (readonly [path: string, key: string])[] = [
    [config.data, 'data'],
    [config.site.dir, 'site.dir'],
    ...config.flows.flatMap(({ dir, saved }) => [
      [dir, 'flows.dir'] as const,
      ...(saved === false ? [] : [[saved, 'flows.saved'] as const]),
    ]),
  ]
  const told = places
    .sort(([a], [b]) => b.length - a.length)
    .reduce((told, [path, key]) => told.replaceAll(path, key), text)
  return printable(told)
}

/** `null`: what stands there is no time. */
export function momentOf(iso: string, timeZone: string): Moment | null {
  const ms = Date.parse(iso)
  return Number.isNaN(ms) ? null : formatMoment(ms / 1000, timeZone)
}

/** A stretch without a flow file, unix seconds. */
export interface Gap {
  readonly from: number
  readonly to: number
  readonly slots: number
}

/** By source of the config, what is missing of a day; what was before anything was stored is not. */
export function gapsBySource({ config }: Site, day: Traffic, { files, first }: Quality): Map<string, Gap[]> {
  const sources = [...new Set([...config.flows, ...files].map(({ source }) => source))]
  return new Map(
    sources.map((source) => {
      const present = new Set(files.filter((file) => file.source === source).map(({ slot }) => slot))
      const missing = slotsExpected(day, first).filter((slot) => !present.has(slot))
      return [source, gapsOf(missing)]
    }),
  )
}

/** The slots of a range that there might be a flow file for. */
export function slotsExpected({ from, to }: Pick<Traffic, 'from' | 'to'>, first: number | null): number[] {
  const start = Math.max(from, first ?? to)
  return Array.from({ length: Math.max(0, (to - start) / SLOT_SECONDS) }, (_, at) => start + at * SLOT_SECONDS)
}

/** The points of a range in which slots are missing, whatever the source; where some are, it is not told which. */
export function gapsOfRange({ from, stepSeconds, known }: RangeQuality, first: number | null): Gap[] {
  const points = known.map((seconds, at) => {
    const point = { from: from + at * stepSeconds, to: from + (at + 1) * stepSeconds }
    return { ...point, slots: slotsExpected(point, first).length - seconds / SLOT_SECONDS }
  })
  return joined(points.filter(({ slots }) => slots > 0))
}

/** Of slots in their order, unix seconds. */
export function gapsOf(missing: readonly number[]): Gap[] {
  return joined(missing.map((slot) => ({ from: slot, to: slot + SLOT_SECONDS, slots: 1 })))
}

/** Neighbours become one. */
function joined(gaps: readonly Gap[]): Gap[] {
  const done: Gap[] = []
  for (const gap of gaps) {
    const last = done.at(-1)
    if (last?.to === gap.from) done[done.length - 1] = { from: last.from, to: gap.to, slots: last.slots + gap.slots }
    else done.push(gap)
  }
  return done
}

function gapFindings(site: Site, day: Traffic, quality: Quality): Finding[] {
  return [...gapsBySource(site, day, quality)].flatMap(([source, gaps]) => {
    const slots = gaps.reduce((sum, gap) => sum + gap.slots, 0)
    if (slots === 0) return []
    return [
      finding(
        `${source}: ${counted(slots, 'slot')} of the last 24 hours ${slots === 1 ? 'has' : 'have'} no flow file`,
        'Did the collector run then? What it wrote elsewhere counts once it is put where flowscan looks; this tells where that is, and what waits there:',
        'flowscan check',
      ),
    ]
  })
}

/** Closed, and yet there was something to warn of. */
export function isOdd({ complete, warnings }: FlowFileQuality): boolean {
  return complete && warnings.count > 0
}

function fileFindings({ files }: Quality): Finding[] {
  const cut = files.filter(({ complete }) => !complete).length
  const odd = files.filter(isOdd).length
  return [
    ...(cut === 0
      ? []
      : [
          finding(
            `${counted(cut, 'flow file')} ${cut === 1 ? 'was' : 'were'} not closed by the collector`,
            'What was in them is counted. A collector that is killed leaves such files: let it be stopped by its own means. A whole file that comes under the same name takes the place of the cut one.',
          ),
        ]),
    ...(odd === 0
      ? []
      : [
          finding(
            `${counted(odd, 'flow file')} had something odd or damaged in ${odd === 1 ? 'it' : 'them'}`,
            'What could be read is counted. What was met stands below, and in full:',
            'flowscan inspect FILE',
          ),
        ]),
  ]
}

/** The late files of a range. */
export function lateOf({ from, to }: Pick<Traffic, 'from' | 'to'>, { health }: Quality): readonly LateFile[] {
  return (health?.late ?? []).filter(({ slot }) => {
    const start = Date.parse(slot) / 1000
    return start >= from && start < to
  })
}

function lateFindings(day: Traffic, quality: Quality): Finding[] {
  const late = lateOf(day, quality)
  if (late.length === 0) return []
  const most = Math.max(...late.map(({ countedSeconds }) => countedSeconds))
  const isClosedLate = late.every(({ changedSeconds }) => changedSeconds > SLOT_SECONDS)
  const what = `${counted(late.length, 'flow file')} of the last 24 hours ${late.length === 1 ? 'was' : 'were'} counted late, up to ${formatCount(most)} s after the slot`
  return [
    isClosedLate
      ? finding(
          what,
          'They were written late: let the collector begin a new file every five minutes, and bring each to where flowscan looks when it is closed.',
          'nfcapd -t 300',
        )
      : finding(
          what,
          'Some lay there in time: was flowscan kept from running, or busy with others? It should be called every five minutes:',
          'systemctl list-timers flowscan.timer',
        ),
  ]
}

function clockFindings({ config }: Site, { files }: Quality): Finding[] {
  const [farthest, ...others] = clocksOff(files)
  if (farthest === undefined) return []
  const { address, most } = farthest
  const more = others.length === 0 ? '' : ` (and ${counted(others.length, 'other')} off)`
  const what = `The clock of ${printable(address)} is up to ${offsetText(most.seconds)}${more}`
  const mend =
    'Let it take its time from a server, and look whether the collector begins a new file every five minutes.'
  if (config.timing === 'export') return [finding(what, `${mend} On Cisco IOS:`, NTP)]
  return [
    finding(
      `${what}: its flows count in the wrong slots`,
      `${mend} The first line is for Cisco IOS; the second, in flowscan.config.ts, makes flows count in the slots of their files until then:`,
      `${NTP}\ntiming: 'export',`,
    ),
  ]
}
const NTP = 'ntp server 0.pool.ntp.org'

const CURES: { readonly [F in Flaw]: { readonly what: string; readonly mend: string; readonly lines: string } } = {
  lost: {
    what: 'Lost on the way to the collector',
    mend: 'Give the collector a larger receive buffer (nfcapd: -B 33554432), and let the system grant it:',
    lines: 'sysctl -w net.core.rmem_max=33554432',
  },
  implausible: {
    what: 'Left out, for no line carries so much in the time',
    mend: 'Look whether sampleRate of the router is what it samples by, and at what the flow file holds:',
    lines: 'flowscan inspect FILE',
  },
  skewed: {
    what: 'With times far from that of their flow file',
    mend: 'Set the clocks of routers and collector by NTP. On the collector this tells how far its own is off:',
    lines: 'chronyc tracking',
  },
  overlong: {
    what: 'Longer than 24 hours',
    mend: 'Let the routers report long flows every minute. On Cisco IOS:',
    lines: 'ip flow-cache timeout active 1',
  },
  reversed: {
    what: 'Ended before they started',
    mend: 'A router that restarts, or whose clock is set, exports some of these. When it goes on, look for newer software of the router, and at the first flows of a file:',
    lines: 'flowscan inspect FILE',
  },
  undersized: {
    what: 'With fewer octets than packets',
    mend: 'The exporter counts octets wrongly, or scales only packets by its sampling. This shows which exporters the file holds:',
    lines: 'flowscan inspect FILE',
  },
}

/** What is left out is told of in any case; what is counted all the same, and the odd lost flow, only when it is more than the everyday. */
function flawFindings({ flaws, flows }: RangeQuality): Finding[] {
  const all = Object.values(flows).reduce(addCounters, 0)
  const isNotable = (flaw: Flaw) => flaw === 'implausible' || (shareOf(flaws[flaw], all) ?? 1) >= NOTABLE_SHARE
  return (Object.keys(CURES) as Flaw[])
    .filter((flaw) => flaws[flaw] !== 0 && isNotable(flaw))
    .map((flaw) => {
      const { what, mend, lines } = CURES[flaw]
      return finding(`${what}: ${counted(flaws[flaw], 'flow')}`, mend, lines)
    })
}

/** An exporter over some files. */
export interface ExporterSum {
  readonly address: string
  readonly flows: Counter
  /** Ascending; several when the config changed. */
  readonly rates: readonly number[]
  /** The router of the config; `null`: it names none. */
  readonly router: { readonly id: string; readonly label: string } | null
}

/** Every exporter of the last 24 hours, the busiest first. */
export function exportersOf({ config }: Site, { files }: Quality): ExporterSum[] {
  const routers = new Map(
    config.routers.flatMap((router) => router.addresses.map((address) => [formatAddress(address), router] as const)),
  )
  const sums = new Map<string, { flows: Counter; rates: Set<number> }>()
  for (const { exporters } of files) {
    for (const { address, counted } of exporters) {
      const { flows, rates } = sums.get(address) ?? { flows: 0, rates: new Set() }
      sums.set(address, { flows: addCounters(flows, counted.flows), rates: rates.add(counted.sampleRate) })
    }
  }
  return [...sums]
    .map(([address, { flows, rates }]) => ({
      address,
      flows,
      rates: [...rates].sort((a, b) => a - b),
      router: routers.get(address) ?? null,
    }))
    .sort((a, b) => compareCounters(b.flows, a.flows) || (a.address < b.address ? -1 : 1))
}

function exporterFindings(site: Site, quality: Quality): Finding[] {
  const unnamed = exportersOf(site, quality).filter(({ router }) => router === null)
  if (unnamed.length === 0) return []
  const are = unnamed.length === 1 ? 'is' : 'are'
  return [
    finding(
      `${counted(unnamed.length, 'exporter')} ${are} not in the config: counted as router other, and never as sampled`,
      'In flowscan.config.ts, by names of your own:',
      routerLines(site, unnamed.slice(0, MOST_LINES)),
    ),
  ]
}

/** Only what is an address becomes a line that somebody may copy. */
function routerLines({ config }: Site, exporters: readonly ExporterSum[]): string {
  const taken = new Set(config.routers.map(({ id }) => id))
  const lines = exporters
    .filter(({ address }) => parseAddress(address) !== null)
    .map(({ address }) => {
      const name = unusedId(`router-${address}`, taken)
      taken.add(name)
      return `  '${name}': '${address}',\n`
    })
  return lines.length === 0 ? '' : `routers: {\n${lines.join('')}}`
}

function unusedId(key: string, taken: ReadonlySet<string>): string {
  const id = idOf(key)
  let name = id
  for (let number = 2; taken.has(name); number++) name = `${id}-${number}`
  return name
}

/** FlowScan's figure: the share of flows with an end inside. `null` without flows. */
export function hitRatio({ flows }: Pick<RangeQuality, 'flows'>): number | null {
  const hits = addCounters(addCounters(flows.in, flows.out), flows.internal)
  return shareOf(hits, addCounters(hits, flows.transit))
}

function hitFindings({ config }: Site, range: RangeQuality): Finding[] {
  const ratio = hitRatio(range)
  if (ratio === null || ratio >= LOW_HIT_RATIO) return []
  const subnets = config.subnets.map((prefix) => `'${formatPrefix(prefix)}'`)
  return [
    finding(
      `${formatShare(1 - ratio)} of the flows have no end inside`,
      'Unless traffic passes through your network, subnets lacks something that is yours; the routers below tell where it comes from. In flowscan.config.ts:',
      `subnets: [${subnets.join(', ')}, 'what is missing'],`,
    ),
  ]
}

/** `1 slot`, `1,200 slots`. */
export function counted(count: Counter, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`
}
