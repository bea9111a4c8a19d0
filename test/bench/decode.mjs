import { readFileSync } from 'node:fs'
import { decodeFlowFile } from '../../dist/ingest/decode/index.js'

/*
 * node test/bench/decode.mjs [part of a fixture's name]
 *
 * Decoding alone, from memory to batches: the first block of each nfcapd fixture again and again, some 300,000 flows. The best
 * of five runs; compare rows of one run only.
 */
const FIXTURES = new URL('../fixtures/nfcapd/', import.meta.url).pathname
const FLOWS = 300_000
const RUNS = 5
const CHUNK = 1 << 20
const FILES = [
  ...['', '-lzo', '-bz2', '-lz4'].map((codec) => `syn-v9multi${codec}.v1layout-1.6.25.nf`),
  ...['', '-lzo', '-bz2', '-lz4'].map((codec) => `syn-v9multi${codec}.v2layout-1.7.8.nf`),
  ...['', '-lzo', '-lz4', '-zstd'].map((codec) => `syn-v9multi${codec}.v3layout-1.8.0b.nf`),
].filter((name) => name.includes(process.argv[2] ?? ''))

console.log('file                                     ns/flow  M flows/CPU s')
for (const name of FILES) {
  const file = repeated(readFileSync(`${FIXTURES}${name}`))
  let best = Number.POSITIVE_INFINITY
  for (let run = 0; run < RUNS; run++) best = Math.min(best, await nanosecondsPerFlow(file))
  console.log(`${name.padEnd(40)} ${best.toFixed(0).padStart(7)} ${(1000 / best).toFixed(1).padStart(14)}`)
}

/** The header, and the first block of 600 flows as often as it takes. */
function repeated(bytes) {
  const layout = bytes[2]
  const [start, header] = layout === 1 ? [276, 12] : layout === 2 ? [40, 12] : [48, 0]
  const block = bytes.subarray(start, start + header + bytes.readUInt32LE(start + 4))
  return Buffer.concat([bytes.subarray(0, start), ...new Array(FLOWS / 600).fill(block)])
}

async function nanosecondsPerFlow(file) {
  const before = process.cpuUsage()
  let flows = 0
  await decodeFlowFile(inChunks(file), (batch) => {
    flows += batch.length
  })
  const { user, system } = process.cpuUsage(before)
  if (flows !== FLOWS) throw new Error(`${flows} flows, expected ${FLOWS}`)
  return ((user + system) * 1000) / flows
}

async function* inChunks(bytes) {
  for (let at = 0; at < bytes.length; at += CHUNK) yield bytes.subarray(at, at + CHUNK)
}
