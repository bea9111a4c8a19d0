import { mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export const FIXTURES = new URL('./fixtures/', import.meta.url).pathname
const BASE = 'flow-tools/syn-v5-multi-little-z0.ft'
/** The slot in which most of its flows end, unix seconds. Its header tells of another day: that of the recording. */
export const BASE_SLOT = Date.parse('2024-05-01T10:40:00Z') / 1000
const RECORD = 64

/** The bytes of a real flow-tools file (1,200 flows of four exporters) as if captured `seconds` later; `drop`: without its last records. */
export function laterFlowFile(seconds: number, drop = 0): Uint8Array {
  const bytes = readFileSync(join(FIXTURES, BASE))
  const data = bytes.readUInt32LE(4)
  for (let at = 8; at + 4 <= data; at += 4 + bytes.readUInt16LE(at + 2)) {
    const type = bytes.readUInt16LE(at)
    if (type === 6) bytes.writeUInt32LE(BASE_SLOT + seconds, at + 4)
    if (type === 7) bytes.writeUInt32LE(BASE_SLOT + seconds + 300, at + 4)
    if (type === 10) bytes.writeUInt32LE(bytes.readUInt32LE(at + 4) - drop, at + 4)
  }
  for (let at = data; at < bytes.length; at += RECORD) bytes.writeUInt32LE(bytes.readUInt32LE(at) + seconds, at)
  return bytes.subarray(0, bytes.length - drop * RECORD)
}

/** Writes such files for `count` slots, five minutes apart, under the names that flow-capture gives, old enough to be taken. Returns the paths. */
export function writeFlowFiles(directory: string, count: number): string[] {
  mkdirSync(directory, { recursive: true })
  return Array.from({ length: count }, (_, at) => {
    const stamp = new Date((BASE_SLOT + at * 300) * 1000).toISOString().replace('T', '.').replace(/:/g, '').slice(0, 17)
    const path = join(directory, `ft-v05.${stamp}+0000`)
    writeFileSync(path, laterFlowFile(at * 300, at % 7))
    utimesSync(path, BASE_SLOT, BASE_SLOT)
    return path
  })
}

/** A config that fits these files: networks that overlap, services, routers of which one is unknown. */
export const CONFIG = {
  subnets: ['198.51.100.0/24', '203.0.113.0/24'],
  networks: { campus: '198.51.100.0/24', servers: '203.0.113.0/25', mail: '203.0.113.0/28' },
  services: { http: '80/tcp,8080/tcp', https: '443/tcp,443/udp', domain: 'domain', smtp: '25/tcp' },
  protocols: { tcp: 6, udp: 17, icmp: 1 },
  tos: { normal: 0, low: '1-63' },
  routers: { fred: '127.0.0.2', barney: '127.0.0.3' },
}
