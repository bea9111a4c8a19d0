import { formatAddress } from '../model/address.ts'
import { SLOT_SECONDS } from '../model/time.ts'
import { setPeer } from './autonomous-system.ts'
import { DORMITORIES, SERVERS, setHost } from './campus-network.ts'
import { civilTime, unixTime } from './civil-time.ts'
import { createEnd } from './end.ts'
import { EXPORTERS } from './exporter.ts'
import { hashOf } from './random.ts'

/**
 * Something out of the ordinary. By the calendar of the campus, days since 1970-01-01 that are even have a `silence` (one
 * router exports nothing; its collector's files are empty) and a `flood`; odd ones an `outage` (neither collector
 * writes files) and a `scan`. So any 72 hours hold all four, whole: none lies within two hours of midnight.
 */
export interface CampusEvent {
  readonly kind: 'flood' | 'scan' | 'outage' | 'silence'
  /** Unix seconds, `to` not included. An outage and a silence are whole slots. */
  readonly from: number
  readonly to: number
  /** Who is attacked (a flood), who attacks (a scan), which router is silent; absent for an outage. */
  readonly subject?: string
}

interface Occasion {
  readonly kind: CampusEvent['kind']
  readonly oddDays: boolean
  /** Seconds since midnight between which it begins. */
  readonly earliest: number
  readonly latest: number
  readonly seconds: number
  readonly isWholeSlots: boolean
}

const HOUR = 3600
/** One of those without a name (index of all, see `setPeer`). */
const SCANNING_SYSTEM = 12
const OCCASIONS: readonly Occasion[] = [
  { kind: 'silence', oddDays: false, earliest: 12 * HOUR, latest: 14 * HOUR, seconds: HOUR, isWholeSlots: true },
  { kind: 'flood', oddDays: false, earliest: 19 * HOUR, latest: 21 * HOUR, seconds: 25 * 60, isWholeSlots: false },
  { kind: 'outage', oddDays: true, earliest: 5 * HOUR, latest: 6 * HOUR, seconds: 50 * 60, isWholeSlots: true },
  { kind: 'scan', oddDays: true, earliest: 14 * HOUR, latest: 17 * HOUR, seconds: 20 * 60, isWholeSlots: false },
]

/** The events that a seed gives between two moments (unix seconds, `to` not included), by when they begin. */
export function campusEvents(seed: number, from: number, to: number): CampusEvent[] {
  const events: CampusEvent[] = []
  for (let day = civilTime(from).day; day <= civilTime(to - 1).day; day++) events.push(...eventsOfDay(seed, day))
  return events.filter((event) => event.from < to && event.to > from)
}

function eventsOfDay(seed: number, day: number): CampusEvent[] {
  return OCCASIONS.filter(({ oddDays }) => oddDays === (day % 2 === 1)).map((occasion, index) => {
    const { kind, earliest, latest, seconds, isWholeSlots } = occasion
    const chance = hashOf(seed, day, index)
    const grain = isWholeSlots ? SLOT_SECONDS : 1
    const second = earliest + Math.floor((chance % (latest - earliest)) / grain) * grain
    const from = unixTime(day, second)
    const subject = subjectOf(kind, chance)
    return { kind, from, to: from + seconds, ...(subject === undefined ? {} : { subject }) }
  })
}

function subjectOf(kind: CampusEvent['kind'], chance: number): string | undefined {
  if (kind === 'outage') return undefined
  if (kind === 'silence') return EXPORTERS[chance % EXPORTERS.length]!.name
  const end = createEnd()
  if (kind === 'scan') setPeer(end, SCANNING_SYSTEM, chance % 2000, false)
  else if (chance % 3 === 0) setHost(end, SERVERS, 0, false)
  else setHost(end, DORMITORIES, chance % 2000, false)
  return formatAddress(end.words)
}
