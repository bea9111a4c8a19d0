import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, get } from 'node:http'
import type { AddressInfo } from 'node:net'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { temporaryDirectory } from '../directory.ts'
import { findProgram, isWithout } from '../programs.ts'

/*
 * Nothing made up: pages are fetched over the loopback, tcpdump records the packets, softflowd makes flows of them and
 * exports NetFlow version 9, nfcapd writes the file, flowscan counts it. Expected is what nfdump reads out of that file.
 */
const CLI = new URL('../../dist/flowscan/cli.js', import.meta.url).pathname
const SERVER = '127.0.0.1'
const CLIENT = '127.0.0.2'
const BODIES = [100_000, 5_000, 250_000]
const hasIPv6 = Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === '::1'))

/** The client is inside, the server outside; IPv6 has one address on the loopback, so it talks to itself. */
const requests = [
  ...BODIES.map((bytes) => ({ host: SERVER, localAddress: CLIENT, bytes })),
  ...(hasIPv6 ? [{ host: '::1', localAddress: '::1', bytes: 70_000 }] : []),
]
const CONFIG = {
  subnets: [`${CLIENT}/32`, '::1/128'],
  networks: { clients: CLIENT },
  protocols: { tcp: 'tcp' },
  flows: { settleSeconds: 0 },
}

/** A program that stays until it is told to end; `says` waits for a line on its stderr, and fails with what it said when it ends before. */
function start(name: string, args: readonly string[]): { process: ChildProcess; says(text: string): Promise<void> } {
  const child = spawn(findProgram(name)!, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  let said = ''
  child.stderr.on('data', (bytes) => {
    said += bytes
  })
  const says = async (text: string) => {
    while (!said.includes(text)) {
      if (child.exitCode !== null || child.signalCode !== null) throw new Error(`${name} ended: ${said}`)
      await wait(20)
    }
  }
  return { process: child, says }
}

async function end({ process }: { process: ChildProcess }): Promise<void> {
  const exit = once(process, 'exit')
  process.kill('SIGTERM')
  await exit
}

/** Answers `/n` with n bytes. */
async function startServer(host: string): Promise<number> {
  const server = createServer((request, response) => response.end(Buffer.alloc(Number(request.url!.slice(1)), 'x')))
  server.listen(0, host)
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

async function fetchPage(host: string, port: number, localAddress: string, bytes: number): Promise<void> {
  let got = 0
  const [response] = await once(get({ host, port, path: `/${bytes}`, localAddress, agent: false }), 'response')
  for await (const chunk of response) got += chunk.length
  expect(got).toBe(bytes)
}

/** A port that nobody listens on. */
async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address()
  socket.close()
  return port
}

interface Counters {
  flows: number
  packets: number
  octets: number
}

const add = (rows: readonly Counters[]): Counters =>
  rows.reduce(
    (sum, row) => ({
      flows: sum.flows + row.flows,
      packets: sum.packets + row.packets,
      octets: sum.octets + row.octets,
    }),
    { flows: 0, packets: 0, octets: 0 },
  )

/** The records of a file, as nfdump prints them. */
function nfdumpRecords(file: string): (Counters & { src: string; dst: string })[] {
  const args = ['-r', file, '-q', '-N', '-6', '-o', 'fmt:%sa|%da|%fl|%pkt|%byt']
  const lines = execFileSync(findProgram('nfdump')!, args, { encoding: 'utf8' }).trim().split('\n')
  return lines.map((line) => {
    const [src, dst, flows, packets, octets] = line.split('|').map((cell) => cell.trim())
    return { src: src!, dst: dst!, flows: Number(flows), packets: Number(packets), octets: Number(octets) }
  })
}

type Series = { [measure in keyof Counters]: (number | null)[] }
interface Answer {
  from: string
  step: number
  series: { [member: string]: { [direction: string]: Series } }
}

function flowscan(folder: string, ...args: readonly string[]): string {
  return execFileSync(process.execPath, [CLI, ...args], {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

/** Fetches every page while tcpdump records; `null` when this user may not record. */
async function recordPackets(pcap: string): Promise<string | null> {
  const ports: Record<string, number> = {}
  for (const host of new Set(requests.map(({ host }) => host))) ports[host] = await startServer(host)
  const filter = Object.values(ports).map((port) => `tcp port ${port}`)
  const tcpdump = start('tcpdump', ['-i', 'lo', '-U', '-w', pcap, filter.join(' or ')])
  try {
    await tcpdump.says('listening on')
  } catch (error) {
    console.warn(`skipped: real packets: ${(error as Error).message}`)
    return null
  }
  for (const { host, localAddress, bytes } of requests) await fetchPage(host, ports[host]!, localAddress, bytes)
  await wait(500)
  await end(tcpdump)
  return pcap
}

/** Lets softflowd export what tcpdump recorded to an nfcapd; returns the file that it closed. */
async function collect(pcap: string, folder: string): Promise<string> {
  const port = await freeUdpPort()
  const nfcapd = start('nfcapd', ['-w', folder, '-b', '127.0.0.1', '-p', String(port)])
  await nfcapd.says('Startup')
  const softflowd = ['-r', pcap, '-n', `127.0.0.1:${port}`, '-v', '9', '-d', '-c', 'none', '-p', `${pcap}.pid`]
  execFileSync(findProgram('softflowd')!, softflowd, { stdio: 'ignore' })
  await nfcapd.says('exporter')
  await wait(200)
  await end(nfcapd)
  const [name, ...others] = readdirSync(folder)
  expect(others).toEqual([])
  return join(folder, name!)
}

const isSkipped = isWithout('real packets', 'tcpdump', 'softflowd', 'nfcapd', 'nfdump')

test.skipIf(isSkipped)(
  'packets on the wire are counted as nfdump counts them',
  { timeout: 120_000 },
  async ({ skip }) => {
    const folder = temporaryDirectory()
    mkdirSync(join(folder, 'flows'))
    writeFileSync(join(folder, 'flowscan.config.ts'), `export default ${JSON.stringify(CONFIG)}`)
    // All of it shall lie in one slot, so that one board lists it.
    while (Date.now() % 300_000 > 270_000) await wait(1000)
    const pcap = await recordPackets(join(folder, 'packets.pcap'))
    if (pcap === null) return skip()
    const records = nfdumpRecords(await collect(pcap, join(folder, 'flows')))
    expect(records.length).toBe(requests.length * 2)
    const expected = {
      in: add(records.filter(({ dst }) => dst === CLIENT)),
      out: add(records.filter(({ src }) => src === CLIENT)),
      internal: add(records.filter(({ src }) => src === '::1')),
      transit: add([]),
    }
    expect(expected.in.octets).toBeGreaterThan(BODIES.reduce((a, b) => a + b))

    flowscan(folder, 'run')

    const { from, step, series } = JSON.parse(flowscan(folder, 'query', 'total', '--format', 'json')) as Answer
    const sum = (values: readonly (number | null)[]) => values.reduce<number>((a, b) => a + (b ?? 0), 0)
    for (const [direction, counters] of Object.entries(expected)) {
      const { flows, packets, octets } = series.total![direction]!
      expect({ flows: sum(flows), packets: sum(packets), octets: sum(octets) }, direction).toEqual(counters)
    }
    const point = series.total!.in!.flows.findIndex((count) => (count ?? 0) > 0)
    const slot = String(Date.parse(from) / 1000 + point * step)
    const board = JSON.parse(flowscan(folder, 'query', 'scoreboard', '--slot', slot, '--format', 'json'))
    const host = board.in.octets.find(({ address }: { address: string }) => address === CLIENT)
    expect({ in: host.in, out: host.out }).toEqual({ in: expected.in, out: expected.out })
    expect(readFileSync(join(folder, 'public/current/scoreboard/index.html'), 'utf8')).toContain(CLIENT)
  },
)
