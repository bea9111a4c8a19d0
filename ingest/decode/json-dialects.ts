import { address, moment, nanoseconds, protocol, type Setter, type TextFlow, tcpFlags, whole } from './text-flow.ts'

/** What one tool writes into its objects. */
export interface JsonDialect {
  readonly name: string
  /** Keys of which every object of a flow has one. */
  readonly signs: readonly string[]
  readonly setters: ReadonlyMap<string, Setter>
  /** Last touches once every key was read. */
  readonly finish?: (flow: TextFlow) => void
}

const NUMBER_32 = 0xffff_ffff
const as = (name: 'srcAs' | 'dstAs') => whole(name, NUMBER_32)
const ifIndex = (name: 'ingressIfIndex' | 'egressIfIndex') => whole(name, NUMBER_32)
const port = (name: 'srcPort' | 'dstPort') => whole(name, 65_535)

/** `goflow2 -format json`: counters as exported, to be multiplied by the rate they stand beside. */
const goflow2: JsonDialect = {
  name: 'goflow2',
  signs: ['sampler_address', 'time_received_ns', 'time_flow_start_ns'],
  setters: new Map<string, Setter>([
    ['sampling_rate', whole('sampling')],
    ['sampler_address', address('exporter')],
    ['time_received_ns', nanoseconds('receivedMs')],
    ['time_flow_start_ns', nanoseconds('startMs')],
    ['time_flow_end_ns', nanoseconds('endMs')],
    ['bytes', whole('octets')],
    ['packets', whole('packets')],
    ['src_addr', address('src')],
    ['dst_addr', address('dst')],
    ['proto', protocol],
    ['src_port', port('srcPort')],
    ['dst_port', port('dstPort')],
    ['in_if', ifIndex('ingressIfIndex')],
    ['out_if', ifIndex('egressIfIndex')],
    ['ip_tos', whole('tos', 255)],
    ['tcp_flags', tcpFlags],
    ['icmp_type', whole('icmpType', 255)],
    ['icmp_code', whole('icmpCode', 255)],
    ['src_as', as('srcAs')],
    ['dst_as', as('dstAs')],
  ]),
}

/**
 * pmacct's daemons, as they print or send JSON; which keys there are depends on their `aggregate`. Where they multiplied the
 * counters themselves (`renormalize`), they tell a sampling rate of 1.
 */
const pmacct: JsonDialect = {
  name: 'pmacct',
  signs: ['event_type', 'stamp_inserted', 'peer_ip_src', 'ip_src', 'ip_dst'],
  setters: new Map<string, Setter>([
    [
      'event_type',
      (flow, value) => {
        flow.isOther = value !== 'purge'
      },
    ],
    ['sampling_rate', whole('sampling')],
    ['peer_ip_src', address('exporter')],
    ['timestamp_arrival', moment('receivedMs')],
    ['stamp_inserted', fallback('startMs')],
    ['stamp_updated', fallback('endMs')],
    ['timestamp_min', moment('startMs')],
    ['timestamp_max', moment('endMs')],
    ['timestamp_start', moment('startMs')],
    ['timestamp_end', moment('endMs')],
    ['bytes', whole('octets')],
    ['packets', whole('packets')],
    ['flows', whole('flows')],
    ['ip_src', address('src')],
    ['ip_dst', address('dst')],
    ['ip_proto', protocol],
    ['port_src', port('srcPort')],
    ['port_dst', port('dstPort')],
    ['iface_in', ifIndex('ingressIfIndex')],
    ['iface_out', ifIndex('egressIfIndex')],
    ['tos', whole('tos', 255)],
    ['tcp_flags', tcpFlags],
    ['as_src', as('srcAs')],
    ['as_dst', as('dstAs')],
  ]),
  finish(flow) {
    if (Number.isNaN(flow.receivedMs)) flow.receivedMs = flow.startMs
  },
}

/** A moment that stands only where no better one does, whichever comes first. */
function fallback(name: 'startMs' | 'endMs'): Setter {
  const set = moment(name)
  return (flow, value, clock) => {
    if (Number.isNaN(flow[name])) set(flow, value, clock)
  }
}

/** `nfdump -o json` and `-o ndjson`. */
const nfdump: JsonDialect = {
  name: 'nfdump',
  signs: ['in_bytes', 'export_sysid', 'src4_addr', 'src6_addr', 't_first'],
  setters: new Map<string, Setter>([
    [
      'type',
      (flow, value) => {
        flow.isOther = value !== 'FLOW'
      },
    ],
    [
      'sampled',
      (flow, value) => {
        flow.isScaled = value === 1
      },
    ],
    ['first', moment('startMs')],
    ['last', moment('endMs')],
    ['received', moment('receivedMs')],
    ['t_first', moment('startMs')],
    ['t_last', moment('endMs')],
    ['t_received', moment('receivedMs')],
    ['in_bytes', whole('octets')],
    ['in_packets', whole('packets')],
    ['out_bytes', whole('reverseOctets')],
    ['out_packets', whole('reversePackets')],
    ['aggr_flows', whole('flows')],
    ['proto', protocol],
    ['tcp_flags', tcpFlags],
    ['src_port', port('srcPort')],
    ['dst_port', port('dstPort')],
    ['icmp_type', whole('icmpType', 255)],
    ['icmp_code', whole('icmpCode', 255)],
    ['src_tos', whole('tos', 255)],
    ['src4_addr', address('src')],
    ['src6_addr', address('src')],
    ['dst4_addr', address('dst')],
    ['dst6_addr', address('dst')],
    ['input_snmp', ifIndex('ingressIfIndex')],
    ['output_snmp', ifIndex('egressIfIndex')],
    ['src_as', as('srcAs')],
    ['dst_as', as('dstAs')],
    ['ip4_router', address('exporter')],
    ['ip6_router', address('exporter')],
  ]),
}

/** Every tool whose objects flowscan understands. */
export const jsonDialects: readonly JsonDialect[] = [goflow2, nfdump, pmacct]
