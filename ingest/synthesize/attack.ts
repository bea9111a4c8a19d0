import { parseAddress } from '../model/address.ts'
import { createPeers, systemOfIPv4 } from './autonomous-system.ts'
import { CAMPUS_NETWORKS, DORMITORIES, FIRST_IF_INDEX, prefixOf } from './campus-network.ts'
import { addFlow, createConversation, createExchange, type Exchange, ONLY_SYN } from './conversation.ts'
import { type End, setIPv4 } from './end.ts'
import type { ExportedFlows } from './exported-flows.ts'
import type { Exporter } from './exporter.ts'
import type { Random } from './random.ts'
import { TCP, UDP } from './service.ts'

/** Adds one flow of an attack, exported at this moment (unix ms). */
export type Attack = (flows: ExportedFlows, exportMs: number) => void

/** Flows of a flood, and of a scan, as multiples of the usual flows of an exporter. */
export const FLOOD_FLOWS = 0.6
export const SCAN_FLOWS = 2.5

/** Bits per second that each exporter sees of a flood. */
const FLOOD_RATE = 500_000_000
/** An answer of a time server that was never asked: what a reflected flood is made of. */
const NTP_PORT = 123
const NTP_ANSWER = 468
const SCANNED_PORTS = [22, 23, 445, 3389, 8080, 5900]
const SYN_OCTETS = 44

/** Many time servers answer one of ours that never asked. `flows` of them a second make the rate. */
export function createFlood(victim: string, exporter: Exporter, flowsPerSecond: number, random: Random): Attack {
  const conversation = createConversation()
  const exchange = createExchange()
  const { client, server } = conversation
  const reflectors = createPeers({ elsewhere: 70, broadband: 20, cloud: 10 })
  conversation.protocol = UDP
  setAddress(client, victim)
  client.ifIndex = FIRST_IF_INDEX + DORMITORIES
  server.port = NTP_PORT
  server.ifIndex = exporter.outsideIfIndex
  return (flows, exportMs) => {
    reflectors(random, server, false)
    client.port = 1024 + Math.floor(random() * 64_000)
    during(exchange, exportMs, random() * 20_000)
    const octets = (FLOOD_RATE / 8 / flowsPerSecond) * (0.5 + random())
    addFlow(flows, exporter, conversation, server, client, octets, NTP_ANSWER, exchange)
  }
}

/** One host outside knocks at every address of the campus: a packet each. */
export function createScan(scanner: string, exporter: Exporter, random: Random): Attack {
  const conversation = createConversation()
  const exchange = createExchange()
  const { client, server } = conversation
  conversation.protocol = TCP
  setAddress(client, scanner)
  client.as = systemOfIPv4(client.words[3]!)
  client.ifIndex = exporter.outsideIfIndex
  exchange.tcpFlags = ONLY_SYN
  return (flows, exportMs) => {
    const network = Math.floor(random() * CAMPUS_NETWORKS.length)
    const { address, length } = prefixOf(CAMPUS_NETWORKS[network]!.prefixes[0])
    setIPv4(server, (address[3] + Math.floor(random() * 2 ** (128 - length))) >>> 0)
    server.ifIndex = FIRST_IF_INDEX + network
    server.port = SCANNED_PORTS[Math.floor(random() * SCANNED_PORTS.length)]!
    client.port = 40_000 + Math.floor(random() * 20_000)
    during(exchange, exportMs, 0)
    addFlow(flows, exporter, conversation, client, server, SYN_OCTETS, SYN_OCTETS, exchange)
  }
}

function setAddress(end: End, address: string): void {
  end.words.set(parseAddress(address)!)
}

function during(exchange: Exchange, exportMs: number, durationMs: number): void {
  exchange.exportMs = exportMs
  exchange.endMs = Math.floor(exportMs)
  exchange.startMs = Math.floor(exportMs - durationMs)
}
