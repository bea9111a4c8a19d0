import { readdirSync, readFileSync, statSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import {
  block,
  block3,
  element,
  file1,
  file2,
  file3,
  flow1,
  flow2,
  flow3,
  flows3,
  GENERIC,
  genericValue,
  IPV4,
  IPV4_VALUE,
  IPV6,
  IPV6_VALUE,
  lz4,
  lzo,
  map1,
  pack,
  zstd,
} from '../decode/nfcapd-file.ts'
import { FIXTURES } from '../flow-files.ts'
import { anatomyOf } from './anatomy.ts'
import { type Base, createBase } from './mutate.ts'

/** Of one fixture: what is larger costs time and shows nothing new. */
const MOST_BYTES = 20_000
/** Bombs have tests of their own: each takes its time to unpack what it may. */
const IS_BOMB = /bomb/
const OFTEN = 5
/** Records that are left of a fixture's first block. */
const KEPT = 24

/**
 * Small flow files of every format to mutate: fixtures, damaged ones too, the first records of larger ones, and some written
 * for the purpose. Those whose format has most to get wrong come several times, for there are so many of flow-tools.
 */
export function loadBases(): Base[] {
  const often = [...fixtures('ipfix'), ...crafted().map(([name, bytes]) => createBase(name, bytes))]
  return [
    ...['flow-tools', 'nfcapd', 'text', 'damaged'].flatMap(fixtures),
    ...Array.from({ length: OFTEN }, () => often).flat(),
  ]
}

function fixtures(folder: string): Base[] {
  return readdirSync(`${FIXTURES}${folder}`)
    .filter((name) => !IS_BOMB.test(name))
    .sort()
    .flatMap((name) => {
      const path = `${FIXTURES}${folder}/${name}`
      if (statSync(path).size > MOST_BYTES && folder !== 'nfcapd') return []
      const bytes = readFileSync(path)
      const whole = bytes.length > MOST_BYTES ? shortened(bytes) : bytes
      const isPackedText = folder === 'text' && name.endsWith('.gz')
      return [
        createBase(`${folder}/${name}`, whole),
        ...(isPackedText ? [createBase(`${folder}/${name} unpacked`, gunzipSync(bytes).subarray(0, MOST_BYTES))] : []),
      ]
    })
}

/**
 * An nfcapd file of the first records of the first block, as its collector would have closed it; the whole file where that is
 * packed.
 */
function shortened(bytes: Buffer): Uint8Array {
  const [, records] = anatomyOf(bytes).pieces
  if (records === undefined) return bytes
  const layout = bytes[2]!
  const [start, headerLength, blocksAt] = layout === 1 ? [276, 12, 8] : layout === 2 ? [40, 12, 36] : [48, 24, 0]
  const kept = Buffer.from(bytes.subarray(0, records[Math.min(KEPT, records.length) - 1]!.end))
  const size = kept.length - start - (layout === 3 ? 0 : headerLength)
  kept.writeUInt32LE(size, start + 4)
  kept.writeUInt32LE(Math.min(KEPT, records.length), layout === 3 ? start + headerLength : start)
  if (layout === 3) {
    kept.writeUInt32LE(size, start + 8)
    // Without its directory.
    kept.fill(0, 32, 40)
  } else kept.writeUInt32LE(1, blocksAt)
  // Without its appendix.
  if (layout === 2) kept.fill(0, 18, 20).fill(0, 24, 32)
  return kept
}

/** What the fixtures do not hold, or only in large. */
function crafted(): [name: string, bytes: Uint8Array][] {
  const counters = pack([8, 3], [8, 4], [8, 500])
  const exporter = pack([2, 7], [2, 32], [4, 9], [8, 0], [4, 0], [4, 0x7f00_0002], [2, 2], [2, 5], [4, 0])
  const sampler = pack([2, 15], [2, 24], [2, 5], [2, 1], [8, 7], [4, 1], [4, 99])
  const stat = Buffer.concat([pack([2, 0x8002], [2, 148]), Buffer.alloc(144)])
  const flows2 = [
    flow2(),
    flow2([GENERIC, IPV6, element(13, IPV6_VALUE.subarray(0, 16))], { sysId: 5 }),
    flow2([element(4, Buffer.alloc(16)), IPV4, element(5, counters), GENERIC, element(7, pack([4, 1], [4, 2]))], {
      flags: 2,
    }),
    flow2(),
    flow2(),
  ]
  const payload2 = Buffer.concat([exporter, sampler, ...flows2, stat])
  const maps = [map1(0, [5, 7, 15, 17, 19, 23, 27]), map1(7, [4, 6, 14, 16, 18, 24, 22])]
  const payload1 = Buffer.concat([
    exporter,
    ...maps,
    flow1({ extensions: Buffer.alloc(52, 1) }),
    flow1({ mapId: 7, extensions: Buffer.alloc(76, 1) }),
    flow1({ extensions: Buffer.alloc(52, 1), flags: 128 }),
  ])
  const flows = [
    flow3([
      [1, genericValue()],
      [2, IPV4_VALUE],
    ]),
    flow3([
      [1, genericValue()],
      [3, IPV6_VALUE],
      [4, Buffer.alloc(8)],
      [6, counters],
      [8, Buffer.alloc(8)],
      [11, Buffer.alloc(4)],
    ]),
    flow3([
      [1, genericValue()],
      [2, IPV4_VALUE],
    ]),
  ]
  const payload3 = flows3(flows)
  const exporters3 = Buffer.concat([
    pack([4, 1], [4, 0], [2, 17], [2, 32]),
    IPV6_VALUE.subarray(0, 16),
    pack([4, 9], [4, 1], [4, 0]),
  ])
  const stats3 = Buffer.alloc(144, 1)
  const packings = [
    { name: 'LZO', code: 1, pack: lzo },
    { name: 'LZ4', code: 3, pack: lz4 },
    { name: 'ZSTD', code: 4, pack: zstd },
  ]
  const record = (records: number) => ({ records, type: 2 })
  return [
    ['layout 1', file1([block(payload1, record(6)), block(payload1, record(6))])],
    [
      'layout 1, LZO',
      file1([block(lzo(payload1), record(6)), block(payload1, { ...record(6), flags: 1 })], { flags: 1 }),
    ],
    ['layout 2', file2([block(payload2, { records: 8 }), block(payload2, { records: 8 })])],
    ...packings.map(({ name, code, pack }): [string, Uint8Array] => [
      `layout 2, ${name}`,
      file2([block(pack(payload2), { records: 8 }), block(payload2, { records: 8, flags: 1 })], { compression: code }),
    ]),
    [
      'layout 3',
      file3([block3(exporters3, { type: 7 }), block3(payload3), block3(payload3), block3(stats3, { type: 3 })]),
    ],
    ...packings.map(({ name, code, pack }): [string, Uint8Array] => [
      `layout 3, ${name}`,
      file3([block3(pack(payload3), { compression: code + 1, rawSize: payload3.length }), block3(payload3)], {
        compression: code + 1,
      }),
    ]),
    ['goflow2', Buffer.from(GOFLOW2)],
    ['pmacct', Buffer.from(PMACCT)],
    ['zstd', zstd(file2([block(payload2, { records: 8 })]))],
    ['xz', Buffer.from(XZ, 'base64')],
  ]
}

const GOFLOW2 =
  `{"type":"NETFLOW_V9","time_received_ns":1714560301000000000,"sampling_rate":100,"sampler_address":"192.0.2.254","time_flow_start_ns":1714560000000000000,"time_flow_end_ns":1714560290000000000,"bytes":1500,"packets":3,"src_addr":"192.0.2.1","dst_addr":"2001:db8::1","proto":"TCP","src_port":443,"dst_port":50000,"in_if":1,"out_if":2,"ip_tos":8,"tcp_flags":27,"icmp_type":0,"icmp_code":0,"src_as":64500,"dst_as":0}
`.repeat(3)
const PMACCT =
  `{"event_type":"purge","as_src":64500,"as_dst":0,"peer_ip_src":"192.0.2.254","iface_in":1,"iface_out":2,"ip_src":"192.0.2.1","ip_dst":"198.51.100.1","port_src":443,"port_dst":50000,"tcp_flags":"27","ip_proto":"tcp","tos":8,"timestamp_start":"2024-05-01 10:40:00.000000","timestamp_end":"2024-05-01 10:44:50.000000","timestamp_arrival":"2024-05-01 10:45:01.000000","packets":3,"flows":1,"bytes":1500}
`.repeat(3)
/** The header of a flow-tools file with three records, packed by xz. */
const XZ =
  '/Td6WFoAAATm1rRGAgAhARwAAAAQz1jM4ADLAMhdAGeD/B85LLolBEvo53BMOLNP4O/dh79nOuLqkSbMIDJ6XdNuZh6WK4lns4uU' +
  'Btn/3xlB2ecwW0gFBDsE7spVAXbXNXKXgbJ2lmKKlkQCVnPvhNIz6YcVAxf9yTLnpnhKGK/iene8Z7f1i5l0hUVsM2KgTp+/63qH' +
  'c1QWTdB2c8Xq9enxmBh6BK/YJ0KVhgiJlgM5YSHbUz5WpZ3glTdFyidJu04LeKbGdHVwI2O+R9pP2FPK8C/2TVwkSbY2TgAAA9MF' +
  'CrYsHZgAAO5BT/FCnAQiAAHkAcwBAABwn7lOscRn+wIAAAAABFla'
