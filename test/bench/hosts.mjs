import { spawnSync } from 'node:child_process'
import { mkdtempSync, openSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'
import { createAccumulator } from '../../dist/ingest/aggregate/accumulate.js'
import { loadConfig } from '../../dist/ingest/config/load.js'
import { createFlowBatch } from '../../dist/ingest/model/flow-batch.js'
import { tallyTask } from '../../dist/ingest/run/tallier.js'
import { synthesizeFile } from '../../dist/ingest/synthesize/index.js'

/*
 * npm run build && node test/bench/hosts.mjs [--flows 50000000] [--file 10000000] [--runs 1]
 *
 * What very many different hosts cost, beside as many flows whose hosts follow Zipf's law. Files of `file` flows, read and
 * counted; then `flows` flows made up batch by batch and counted, without file and decoder. Each in a process of its own, in turn; medians.
 */
const { values } = parseArgs({
  options: {
    flows: { type: 'string', default: '50000000' },
    file: { type: 'string', default: '10000000' },
    runs: { type: 'string', default: '1' },
    measure: { type: 'string' },
  },
})
const FLOWS = Number(values.flows)
const FILE = Number(values.file)
const SLOT = Date.parse('2026-11-23T13:00:00Z') / 1000
const NAME = 'nfcapd.202611231300+0000'
const EXPORTERS = ['198.18.255.1']
const loaded = await loadConfig(new URL('../../flowscan.config.ts', import.meta.url).pathname)

/** Writes the address of the n-th flow's end outside, and inside where it is not one of 32,768. */
const STREAMS = {
  'Zipf, 1 M hosts': { outside: (words, at) => setIPv4(words, at, 0xb000_0000 + zipf(1_000_000)) },
  'distinct IPv4': { outside: (words, at, n) => setIPv4(words, at, 0xb000_0000 + n) },
  'distinct IPv6': { outside: (words, at, n) => setIPv6(words, at, 0x2001_0db9, n) },
  'distinct IPv6, both ends': {
    outside: (words, at, n) => setIPv6(words, at, 0x2001_0db9, n),
    inside: (words, at, n) => setIPv6(words, at, 0x2001_0db8, n),
  },
}

let chance = 1
if (values.measure === undefined) await measureAll()
else console.log(JSON.stringify(await measure(values.measure)))

async function measureAll() {
  const base = mkdtempSync(join(tmpdir(), 'flowscan-bench-'))
  try {
    console.log('hosts                        M flows    CPU s  peak MB  ratio of CPU s')
    const files = [base, base].map((directory, at) => join(directory, `${at}-${NAME}`))
    const options = { format: 'nfcapd', compression: 'none', flows: FILE, slot: SLOT }
    await synthesizeFile({ ...options, path: files[0] })
    await synthesizeFile({ ...options, path: files[1], hosts: FILE / 2 })
    printAll([
      { name: 'file, everyday', measured: files[0], flows: FILE },
      { name: 'file, half as many hosts', measured: files[1], flows: FILE },
    ])
  } finally {
    rmSync(base, { recursive: true, force: true })
  }
  printAll(Object.keys(STREAMS).map((name) => ({ name, measured: name, flows: FLOWS })))
}

function printAll(cases) {
  const runs = cases.map(() => [])
  for (let run = 0; run < Number(values.runs); run++)
    for (const [at, { measured }] of cases.entries()) runs[at].push(measureApart(measured))
  for (const [at, { name, flows }] of cases.entries()) {
    const [cpu, memory] = ['cpu', 'memory'].map((key) => median(runs[at], key))
    const cells = [
      (flows / 1e6).toFixed(0),
      cpu.toFixed(1),
      (memory / 1e6).toFixed(0),
      (cpu / median(runs[0], 'cpu')).toFixed(2),
    ]
    console.log([name.padEnd(26), ...cells.map((cell) => cell.padStart(8))].join(' '))
  }
}

function median(runs, key) {
  return runs.map((run) => run[key]).sort((a, b) => a - b)[Math.floor(runs.length / 2)]
}

function measureApart(measured) {
  const { stdout, stderr } = spawnSync(process.execPath, [
    new URL(import.meta.url).pathname,
    ...['--measure', measured, '--flows', values.flows],
  ])
  if (stdout.length === 0) throw new Error(`${measured}: ${stderr}`)
  return JSON.parse(stdout)
}

async function measure(measured) {
  const before = process.cpuUsage()
  if (measured in STREAMS) countStream(STREAMS[measured])
  else await countFile(measured)
  const { user, system } = process.cpuUsage(before)
  return { cpu: (user + system) / 1e6, memory: process.resourceUsage().maxRSS * 1024 }
}

async function countFile(path) {
  const task = {
    descriptor: openSync(path),
    name: basename(path).slice(2),
    bytes: statSync(path).size,
    source: 'bench',
  }
  const { flows } = await tallyTask(task, loaded)
  if (flows === 0) throw new Error('nothing was counted')
}

function countStream(stream) {
  const accumulator = createAccumulator(loaded.config, SLOT, 12345)
  emit(stream, accumulator.add)
  const recount = accumulator.recount()
  if (recount !== null) emit(stream, recount)
  const { flows, hosts } = accumulator.finish()
  accumulator.close()
  if (flows !== FLOWS || (hosts.outside.distinct === null) !== (recount !== null)) throw new Error('miscounted')
}

/** Always the same flows: everyday services, one packet to some hundreds. */
function emit({ outside, inside = (words, at, n) => setIPv4(words, at, 0xc612_0000 + (n & 0x7fff)) }, add) {
  chance = 1
  const batch = createFlowBatch()
  for (let n = 0; n < FLOWS; n += batch.length) {
    batch.length = Math.min(4096, FLOWS - n)
    for (let i = 0; i < batch.length; i++) {
      outside(batch.srcAddr, i * 4, n + i)
      inside(batch.dstAddr, i * 4, n + i)
      batch.srcPort[i] = [443, 80, 53, 22][i & 3]
      batch.dstPort[i] = 1024 + (i & 0x3fff)
      batch.protocol[i] = (i & 3) === 2 ? 17 : 6
      batch.tos[i] = 0
      batch.packets[i] = 1 + (i & 255)
      batch.octets[i] = batch.packets[i] * 700
      batch.flows[i] = 1
      batch.startMs[i] = batch.endMs[i] = SLOT * 1000 + (i & 0xffff)
      batch.srcAs[i] = batch.dstAs[i] = 64_500
      batch.exporter[i] = 0
      batch.scaled[i] = 1
    }
    add(batch, EXPORTERS)
  }
}

/** Ranks up to `hosts`, by Zipf's law. Xorshift (Marsaglia, 2003). */
function zipf(hosts) {
  chance ^= chance << 13
  chance ^= chance >>> 17
  chance ^= chance << 5
  return Math.floor(hosts ** ((chance >>> 0) / 2 ** 32))
}

function setIPv4(words, at, n) {
  words[at] = 0
  words[at + 1] = 0
  words[at + 2] = 0xffff
  words[at + 3] = n
}
function setIPv6(words, at, net, n) {
  words[at] = net
  words[at + 1] = n >>> 12
  words[at + 2] = Math.imul(n, 0x9e37_79b1)
  words[at + 3] = n
}
