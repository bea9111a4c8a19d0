import { createEnd, type End } from './end.ts'
import type { ExportedFlows } from './exported-flows.ts'
import type { Exporter } from './exporter.ts'
import { logNormal, logUniform, type Random } from './random.ts'
import { ICMP, ICMPV6, type Service, TCP, UDP } from './service.ts'

/** Two hosts that talk: the client asked, the server has the service's port. One object is filled again and again. */
export interface Conversation {
  readonly client: End
  readonly server: End
  isIPv6: boolean
  protocol: number
  tos: number
}

/** What went one way, or both ways, between two moments. */
export interface Exchange {
  octetsToClient: number
  octetsToServer: number
  startMs: number
  endMs: number
  exportMs: number
  /** TCP flags of a whole connection, or of a piece of one. */
  tcpFlags: number
}

const FIN = 0x01
const SYN = 0x02
const PUSH = 0x08
const ACK = 0x10
export const WHOLE_CONNECTION = FIN | SYN | PUSH | ACK
export const PIECE_OF_CONNECTION = PUSH | ACK
export const ONLY_SYN = SYN

const FIRST_EPHEMERAL = 32_768
const EPHEMERAL = 28_000
/** `type * 256 + code` of an echo request; the reply is type 0, in ICMPv6 one more. */
const ECHO = 8 << 8
const ECHO_V6 = 128 << 8
const ECHO_REPLY_V6 = 129 << 8
/** Least octets of a packet: IPv4 and IPv6 headers with that of TCP. */
const LEAST_PACKET = 40
const LEAST_PACKET_V6 = 60
/** Some of every service are marked by their sender. */
const MARKED = 0.03
const MARKS = [184, 136, 32, 72]

export function createConversation(): Conversation {
  return { client: createEnd(), server: createEnd(), isIPv6: false, protocol: 0, tos: 0 }
}

export function createExchange(): Exchange {
  return { octetsToClient: 0, octetsToServer: 0, startMs: 0, endMs: 0, exportMs: 0, tcpFlags: 0 }
}

/** Gives the conversation the ports, protocol and TOS of a service; its family must be known. */
export function setService(conversation: Conversation, { protocol, ports, tos }: Service, random: Random): void {
  const hasPorts = protocol === TCP || protocol === UDP
  conversation.protocol = protocol === ICMP && conversation.isIPv6 ? ICMPV6 : protocol
  conversation.client.port = hasPorts ? FIRST_EPHEMERAL + Math.floor(random() * EPHEMERAL) : 0
  conversation.server.port = hasPorts ? ports[Math.floor(random() * ports.length)]! : 0
  conversation.tos = random() < MARKED ? MARKS[Math.floor(random() * MARKS.length)]! : tos
}

/**
 * Draws what is exchanged in one short conversation that is exported at this moment: sizes by the service, `scale`
 * times as large for bulk; as long as the client's line needs for it, but no longer than the active timeout.
 */
export function drawExchange(
  exchange: Exchange,
  service: Service,
  scale: number,
  exportMs: number,
  { activeTimeoutMs }: Exporter,
  random: Random,
): void {
  const octets = logNormal(random, service.octets, service.deviation) * (service.isBulk ? scale : 1)
  const bitsPerMs = logUniform(random, LEAST_RATE, MOST_RATE) * (service.isBulk ? scale : 1)
  const wholeMs = (octets * Math.max(1, service.answer) * 8) / bitsPerMs + random() * LATENCY_MS
  const durationMs = Math.min(wholeMs, activeTimeoutMs * (0.97 + 0.03 * random()))
  const isWhole = durationMs === wholeMs
  exchange.octetsToClient = octets * (durationMs / wholeMs)
  exchange.octetsToServer = exchange.octetsToClient * service.answer * (0.8 + 0.4 * random())
  exchange.endMs = Math.floor(exportMs - (isWhole ? random() * IDLE_MS : 0))
  exchange.startMs = Math.floor(exchange.endMs - durationMs)
  exchange.exportMs = exportMs
  exchange.tcpFlags = isWhole ? WHOLE_CONNECTION : PIECE_OF_CONNECTION
}

/** Bits a millisecond: 1.5 to 150 Mb/s. */
const LEAST_RATE = 1_500
const MOST_RATE = 150_000
const LATENCY_MS = 400
/** An exporter waits this long for more before it takes a flow for ended. */
const IDLE_MS = 15_000

/** Both flows of a conversation, to the server first. */
export function addExchange(
  flows: ExportedFlows,
  exporter: Exporter,
  conversation: Conversation,
  service: Service,
  exchange: Exchange,
): void {
  const { client, server, protocol } = conversation
  const [toClient, toServer] = service.packets
  addFlow(flows, exporter, conversation, client, server, exchange.octetsToServer, toServer, exchange)
  if (protocol === ICMP) flows.dstPort[flows.length - 1] = ECHO
  else if (protocol === ICMPV6) flows.dstPort[flows.length - 1] = ECHO_V6
  addFlow(flows, exporter, conversation, server, client, exchange.octetsToClient, toClient, exchange)
  if (protocol === ICMPV6) flows.dstPort[flows.length - 1] = ECHO_REPLY_V6
}

/** Hot: adds one flow; the octets are rounded to whole packets' worth. The batch must have room. */
export function addFlow(
  flows: ExportedFlows,
  exporter: Exporter,
  conversation: Conversation,
  from: End,
  to: End,
  octets: number,
  packetOctets: number,
  { startMs, endMs, exportMs, tcpFlags }: Exchange,
): void {
  const { protocol, isIPv6 } = conversation
  const most = exporter.mostCount
  const least = isIPv6 ? LEAST_PACKET_V6 : LEAST_PACKET
  const packets = Math.max(1, Math.ceil(Math.min(octets, most) / packetOctets))
  const i = flows.length
  for (let word = 0; word < 4; word++) {
    flows.srcAddr[i * 4 + word] = from.words[word]!
    flows.dstAddr[i * 4 + word] = to.words[word]!
  }
  flows.srcPort[i] = from.port
  flows.dstPort[i] = to.port
  flows.protocol[i] = protocol
  flows.tos[i] = conversation.tos
  flows.tcpFlags[i] = protocol === TCP ? tcpFlags : 0
  flows.packets[i] = packets
  flows.octets[i] = Math.min(most, Math.max(packets * least, Math.round(octets)))
  flows.flows[i] = 1
  flows.startMs[i] = startMs
  flows.endMs[i] = endMs
  flows.exportMs[i] = exportMs
  flows.srcAs[i] = exporter.asNumber(from.as)
  flows.dstAs[i] = exporter.asNumber(to.as)
  flows.ingressIfIndex[i] = from.ifIndex
  flows.egressIfIndex[i] = to.ifIndex
  flows.length = i + 1
}
