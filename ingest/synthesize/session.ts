import { SLOT_MS } from '../model/time.ts'
import { createPeers } from './autonomous-system.ts'
import { SERVERS, setHost } from './campus-network.ts'
import { civilTime, unixTime } from './civil-time.ts'
import {
  addExchange,
  type Conversation,
  createConversation,
  createExchange,
  PIECE_OF_CONNECTION,
  setService,
  WHOLE_CONNECTION,
} from './conversation.ts'
import { setIPv4 } from './end.ts'
import type { ExportedFlows } from './exported-flows.ts'
import { EXPORTERS, type Exporter } from './exporter.ts'
import { createLottery, createRandom, hashOf, logUniform } from './random.ts'
import { SERVICES, type Service, type ServiceName } from './service.ts'
import { busyness, createHostPicker, sharesAt } from './traffic.ts'

/** A long conversation: it lives through many slots and is exported in pieces. */
export interface Session {
  readonly conversation: Conversation
  readonly service: Service
  readonly startMs: number
  readonly endMs: number
  /** Length of a piece; Infinity for a session whose router forgets its active timeout. */
  readonly pieceMs: number
  /** How long after its end a piece is exported. */
  readonly lagMs: number
  /** Octets a second, each way. */
  readonly toClient: number
  readonly toServer: number
  readonly seed: number
}

/** Most rows that one session adds to a slot: two for each piece, whose length is never below a slot. */
export const MOST_ROWS = 4

interface Habit {
  readonly service: ServiceName
  /** Share of all sessions. */
  readonly weight: number
  /** Seconds it may last. */
  readonly lasts: readonly [least: number, most: number]
  /** Bits per second to the client. */
  readonly rate: readonly [least: number, most: number]
}

const HABITS: readonly Habit[] = [
  { service: 'vpn', weight: 35, lasts: [1200, 36_000], rate: [100_000, 5_000_000] },
  { service: 'videoCalls', weight: 30, lasts: [900, 7200], rate: [600_000, 3_500_000] },
  { service: 'streaming', weight: 20, lasts: [1200, 14_400], rate: [2_000_000, 9_000_000] },
  { service: 'ssh', weight: 15, lasts: [600, 36_000], rate: [2_000, 400_000] },
]
const habitLottery = createLottery(HABITS.map(({ weight }) => weight))
const peersOf = HABITS.map(({ service }) => createPeers(SERVICES[service].peers))

const HOUR_SECONDS = 3600
/** No session lasts longer. */
const MOST_HOURS = 10
/** Sessions that begin in an hour for each flow of a slot. */
const BEGIN = 0.008
/** Share of sessions on a router without IPv6 that come in one record at their end. */
const WHOLE = 0.03
const MOST_LAG_MS = 5000

/** All sessions of an exporter that may be alive, or just have ended, in a slot (unix seconds). */
export function sessionsAround(seed: number, exporter: Exporter, slot: number, flowsPerSlot: number): Session[] {
  const hour = Math.floor(slot / HOUR_SECONDS)
  const sessions: Session[] = []
  for (let begin = hour - MOST_HOURS - 1; begin <= hour; begin++)
    sessions.push(...sessionsOfHour(seed, exporter, begin, flowsPerSlot))
  const { day } = civilTime(slot)
  return [...sessions, ...backupsOfNight(seed, exporter, day)]
}

function sessionsOfHour(seed: number, exporter: Exporter, hour: number, flowsPerSlot: number): Session[] {
  const seconds = hour * HOUR_SECONDS
  const count = Math.round(flowsPerSlot * BEGIN * busyness(seconds))
  const random = createRandom(seed, SALT, EXPORTERS.indexOf(exporter), hour)
  const network = createLottery(sharesAt(seconds).map((share, index) => (index === SERVERS ? 0 : share)))
  const host = createHostPicker(seed, civilTime(seconds).day, random)
  const scale = 1 / (flowsPerSlot * BEGIN)
  return Array.from({ length: count }, () => {
    const conversation = createConversation()
    const index = habitLottery(random)
    const { service, lasts, rate } = HABITS[index]!
    const inside = network(random)
    conversation.isIPv6 = random() < exporter.ipv6
    setHost(conversation.client, inside, host(inside), conversation.isIPv6)
    peersOf[index]!(random, conversation.server, conversation.isIPv6)
    conversation.server.ifIndex = exporter.outsideIfIndex
    setService(conversation, SERVICES[service], random)
    const startMs = Math.floor((seconds + random() * HOUR_SECONDS) * 1000)
    const toClient = (logUniform(random, ...rate) / 8) * scale * USUAL_BEGIN
    return {
      conversation,
      service: SERVICES[service],
      startMs,
      endMs: startMs + Math.floor(logUniform(random, ...lasts) * 1000),
      pieceMs:
        exporter.format === 'flow-tools' && random() < WHOLE ? Number.POSITIVE_INFINITY : exporter.activeTimeoutMs,
      lagMs: Math.floor(random() * MOST_LAG_MS),
      toClient,
      toServer: toClient * SERVICES[service].answer,
      seed: Math.floor(random() * 0x1_0000_0000),
    }
  })
}

/** Set apart from the other uses of a seed. */
const SALT = 0x5e55
const USUAL_BEGIN = 1500 * BEGIN

/** Servers that copy themselves to a host of the storage provider, from two o'clock on for up to two hours. */
function backupsOfNight(seed: number, exporter: Exporter, day: number): Session[] {
  const { copies, rate } = BACKUPS[exporter.format]
  const random = createRandom(seed, SALT + 1, EXPORTERS.indexOf(exporter), day)
  return Array.from({ length: copies }, (_, copy) => {
    const conversation = createConversation()
    setHost(conversation.client, SERVERS, FIRST_BACKED_UP + copy, false)
    setIPv4(conversation.server, STORAGE_HOST)
    conversation.server.as = STORAGE_SYSTEM
    conversation.server.ifIndex = exporter.outsideIfIndex
    setService(conversation, SERVICES.backup, random)
    const startMs = unixTime(day, BACKUP_SECOND) * 1000 + Math.floor(copy * 420_000 + random() * 120_000)
    const toServer = (rate / 8) * (0.8 + 0.4 * random())
    return {
      conversation,
      service: SERVICES.backup,
      startMs,
      endMs: startMs + Math.floor((4200 + random() * 1500) * 1000),
      pieceMs: exporter.activeTimeoutMs,
      lagMs: Math.floor(random() * MOST_LAG_MS),
      toClient: toServer / SERVICES.backup.answer,
      toServer,
      seed: hashOf(seed, day, copy),
    }
  })
}

/** A piece on the router with 32-bit counters is half an hour long, and must fit them. */
const BACKUPS = {
  'flow-tools': { copies: 4, rate: 12_000_000 },
  nfcapd: { copies: 3, rate: 70_000_000 },
} as const
const BACKUP_SECOND = 2 * HOUR_SECONDS
const FIRST_BACKED_UP = 0
const STORAGE_HOST = 0xc000_020a
const STORAGE_SYSTEM = 64_502

const exchange = createExchange()

/** Adds the pieces of a session that its router exports within a slot (unix seconds). */
export function addPieces(flows: ExportedFlows, exporter: Exporter, session: Session, slot: number): void {
  const { startMs, endMs, pieceMs, lagMs, conversation, service } = session
  const from = slot * 1000 - lagMs
  const to = from + SLOT_MS
  if (endMs < from || startMs >= to) return
  const last = Number.isFinite(pieceMs) ? Math.ceil((endMs - startMs) / pieceMs) : 1
  for (let piece = Math.max(0, Math.floor((from - startMs) / pieceMs) - 1); piece < last; piece++) {
    const pieceStart = piece === 0 ? startMs : startMs + piece * pieceMs
    const pieceEnd = Math.min(endMs, startMs + (piece + 1) * pieceMs)
    if (pieceEnd >= to) return
    if (pieceEnd < from) continue
    const seconds = ((pieceEnd - pieceStart) / 1000) * wobble(session.seed, piece)
    exchange.startMs = pieceStart
    exchange.endMs = pieceEnd
    exchange.exportMs = pieceEnd + lagMs
    exchange.octetsToClient = session.toClient * seconds
    exchange.octetsToServer = session.toServer * seconds
    exchange.tcpFlags = last === 1 ? WHOLE_CONNECTION : PIECE_OF_CONNECTION
    addExchange(flows, exporter, conversation, service, exchange)
  }
}

/** No two pieces are alike: 0.75 to 1.25 of the usual. */
function wobble(seed: number, piece: number): number {
  return 0.75 + hashOf(seed, piece) / 0x2_0000_0000
}
