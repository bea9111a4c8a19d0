import { momentOfUptime } from './moments.ts'
import {
  address,
  dstPort,
  durationMs,
  moment,
  protocol,
  type Setter,
  type TextFlow,
  tcpFlags,
  whole,
} from './text-flow.ts'

/** What one tool writes into its columns. */
export interface CsvDialect {
  readonly name: string
  /** What stands before the names in the first line. */
  readonly mark: string
  readonly setters: ReadonlyMap<string, Setter>
  /** Last touches once every column was read. */
  readonly finish?: (flow: TextFlow) => void
}

const NUMBER_32 = 0xffff_ffff

/** `nfdump -o csv`: the 48 columns of 1.6 and 1.7.1, in whole seconds, then those that 1.7.8 has of its own. */
const nfdump: CsvDialect = {
  name: 'nfdump',
  mark: '',
  setters: new Map<string, Setter>([
    ['ts', moment('startMs')],
    ['te', moment('endMs')],
    ['td', durationMs],
    ['tr', moment('receivedMs')],
    ['sa', address('src')],
    ['da', address('dst')],
    ['sp', whole('srcPort', 65_535)],
    ['dp', dstPort],
    ['pr', protocol],
    ['flg', tcpFlags],
    ['stos', whole('tos', 255)],
    ['ipkt', whole('packets')],
    ['ibyt', whole('octets')],
    ['opkt', whole('reversePackets')],
    ['obyt', whole('reverseOctets')],
    ['in', whole('ingressIfIndex', NUMBER_32)],
    ['out', whole('egressIfIndex', NUMBER_32)],
    ['sas', whole('srcAs', NUMBER_32)],
    ['das', whole('dstAs', NUMBER_32)],
    ['ra', address('exporter')],
    ['firstSeen', moment('startMs')],
    ['lastSeen', moment('endMs')],
    ['received', moment('receivedMs')],
    ['duration', durationMs],
    ['srcAddr', address('src')],
    ['dstAddr', address('dst')],
    ['srcPort', whole('srcPort', 65_535)],
    ['dstPort', dstPort],
    ['proto', protocol],
    ['flags', tcpFlags],
    ['tos', whole('tos', 255)],
    ['packets', whole('packets')],
    ['bytes', whole('octets')],
    ['inPackets', whole('packets')],
    ['inBytes', whole('octets')],
    ['outPackets', whole('reversePackets')],
    ['outBytes', whole('reverseOctets')],
    ['flows', whole('flows')],
    ['input', whole('ingressIfIndex', NUMBER_32)],
    ['output', whole('egressIfIndex', NUMBER_32)],
    ['srcAS', whole('srcAs', NUMBER_32)],
    ['dstAS', whole('dstAs', NUMBER_32)],
    ['routerIP', address('exporter')],
  ]),
}

/** `flow-export -f2` of flow-tools: times as NetFlow 5 tells them. */
const flowExport: CsvDialect = {
  name: 'flow-export',
  mark: '#:',
  setters: new Map<string, Setter>([
    ['unix_secs', whole('unixSeconds', NUMBER_32)],
    ['unix_nsecs', whole('unixNanoseconds', NUMBER_32)],
    ['sysuptime', whole('sysUpTime', NUMBER_32)],
    ['first', whole('first', NUMBER_32)],
    ['last', whole('last', NUMBER_32)],
    ['exaddr', address('exporter')],
    ['dflows', whole('flows', NUMBER_32)],
    ['dpkts', whole('packets', NUMBER_32)],
    ['doctets', whole('octets', NUMBER_32)],
    ['srcaddr', address('src')],
    ['dstaddr', address('dst')],
    ['srcport', whole('srcPort', 65_535)],
    ['dstport', dstPort],
    ['prot', protocol],
    ['tos', whole('tos', 255)],
    ['tcp_flags', tcpFlags],
    ['src_as', whole('srcAs', NUMBER_32)],
    ['dst_as', whole('dstAs', NUMBER_32)],
    ['input', whole('ingressIfIndex', NUMBER_32)],
    ['output', whole('egressIfIndex', NUMBER_32)],
  ]),
  finish(flow) {
    if (Number.isNaN(flow.unixSeconds)) return
    const exportMs = flow.unixSeconds * 1000 + Math.floor(flow.unixNanoseconds / 1_000_000)
    flow.receivedMs = exportMs
    flow.startMs = momentOfUptime(exportMs, flow.sysUpTime, flow.first)
    flow.endMs = momentOfUptime(exportMs, flow.sysUpTime, flow.last)
  },
}

/** Every tool whose columns flowscan understands. */
export const csvDialects: readonly CsvDialect[] = [flowExport, nfdump]
