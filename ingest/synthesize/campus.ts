import { SLOT_MS, SLOT_SECONDS } from '../model/time.ts'
import { type Attack, createFlood, createScan, FLOOD_FLOWS, SCAN_FLOWS } from './attack.ts'
import { type CampusEvent, campusEvents } from './campus-event.ts'
import { createExportedFlows, type ExportedFlows } from './exported-flows.ts'
import { EXPORTERS, type Exporter } from './exporter.ts'
import { createRandom, hashOf } from './random.ts'
import { addPieces, MOST_ROWS as SESSION_ROWS, sessionsAround } from './session.ts'
import { bulkScale, busyness, createTraffic, MOST_ROWS as TRAFFIC_ROWS } from './traffic.ts'

/** Which campus, and how finely its traffic is cut into flows. */
export interface Campus {
  /** A whole number; another seed is another campus. */
  readonly seed: number
  /** Flows of everyday traffic in a slot, for each exporter, in the mean over a week. At night a quarter, at noon twice as many. */
  readonly flowsPerSlot: number
}

/**
 * What an exporter exports within a slot (unix seconds): the same for the same campus and slot, whatever was asked
 * before. Rows are in no order (see `exportOrder`). None while the router is silent.
 */
export function campusFlows(campus: Campus, exporter: Exporter, slot: number): ExportedFlows {
  const { seed, flowsPerSlot } = campus
  const events = campusEvents(seed, slot, slot + SLOT_SECONDS)
  if (events.some(({ kind, subject }) => kind === 'silence' && subject === exporter.name)) return createExportedFlows(0)
  const conversations = Math.round((flowsPerSlot / 2) * busyness(slot + SLOT_SECONDS / 2) * weather(seed, slot))
  const sessions = sessionsAround(seed, exporter, slot, flowsPerSlot)
  const attacks = events.flatMap((event) => attackWithin(event, campus, exporter, slot))
  const attackRows = attacks.reduce((sum, { flows }) => sum + flows, 0)
  const flows = createExportedFlows(conversations * TRAFFIC_ROWS + sessions.length * SESSION_ROWS + attackRows)

  const random = createRandom(seed, slot, EXPORTERS.indexOf(exporter))
  const traffic = createTraffic({ exporter, seconds: slot, seed, random, scale: bulkScale(flowsPerSlot) })
  for (let i = 0; i < conversations; i++) traffic(flows, Math.floor(slot * 1000 + random() * SLOT_MS))
  for (const session of sessions) addPieces(flows, exporter, session, slot)
  for (const { attack, flows: count, fromMs, toMs } of attacks)
    for (let i = 0; i < count; i++) attack(flows, Math.floor(fromMs + ((i + random()) / count) * (toMs - fromMs)))
  return flows
}

interface AttackWithin {
  readonly attack: Attack
  readonly flows: number
  readonly fromMs: number
  readonly toMs: number
}

/** The share of an event that falls into a slot; nothing for those that are no attack. */
function attackWithin(event: CampusEvent, campus: Campus, exporter: Exporter, slot: number): AttackWithin[] {
  if (event.kind !== 'flood' && event.kind !== 'scan') return []
  const fromMs = Math.max(event.from, slot) * 1000
  const toMs = Math.min(event.to, slot + SLOT_SECONDS) * 1000
  const perSecond = (campus.flowsPerSlot * (event.kind === 'flood' ? FLOOD_FLOWS : SCAN_FLOWS)) / SLOT_SECONDS
  const random = createRandom(campus.seed, slot, EXPORTERS.indexOf(exporter), event.from)
  const attack =
    event.kind === 'flood'
      ? createFlood(event.subject!, exporter, perSecond, random)
      : createScan(event.subject!, exporter, random)
  return [{ attack, flows: Math.round((perSecond * (toMs - fromMs)) / 1000), fromMs, toMs }]
}

const WEATHER_SECONDS = 5400
const WEATHER = 0.08
const FLICKER = 0.03

/** No day is like another: a factor around 1 that wanders within an hour and a half, and flickers from slot to slot. */
function weather(seed: number, slot: number): number {
  const at = slot / WEATHER_SECONDS
  const before = Math.floor(at)
  const chance = (...numbers: number[]) => hashOf(seed, ...numbers) / 0x8000_0000 - 1
  const wander = chance(before) + (chance(before + 1) - chance(before)) * (at - before)
  return 1 + WEATHER * wander + FLICKER * chance(slot, 1)
}
