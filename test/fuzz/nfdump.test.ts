import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { decodeFlowFile } from '../../ingest/decode/index.ts'
import { type FlowFileSummary, UNKNOWN } from '../../ingest/model/flow-batch.ts'
import { temporaryDirectory } from '../directory.ts'
import { FIXTURES } from '../flow-files.ts'
import { findProgram, isWithout } from '../programs.ts'
import { loadBases } from './bases.ts'
import { mutate } from './mutate.ts'

/*
 * What nfdump accepts is read alike: flows, packets and octets of each protocol, of both ways, are those that
 * Debian's nfdump 1.7.1 reads out of the same bytes. It accepts a file when it exits with 0 and complains of
 * nothing (`HARMLESS`). Where the two differ on purpose, a rule says so (`LENIENT`, `hasOddBlocks`, `repeatsFromNowhere`, `UNSAID`),
 * never the name of a file.
 */
const skips = isWithout('comparison with nfdump', 'nfdump')

/** What it prints of things that it passes over, as we do: no complaint. */
const HARMLESS = /^(Unknown extension '\d+'|Skip unknown record type \d+)$/

/** It says so of files that hold no flow, and no more of some that it cannot read: nothing to compare. */
const NOTHING = /^(No matching flows)?\s*$/

/** Where flowscan warns of one of these, nfdump says nothing and reads something else: nothing to compare. */
const LENIENT = new RegExp(
  [
    // It believes the counts in headers, even 0, and stops there; or reads on behind the end of a record.
    'another number of (records|elements)',
    'header says \\d+ blocks',
    'had not closed',
    // It takes the first of them.
    'name several ways of compression',
    // It takes what follows for the rest of a record or an element.
    'too short for',
    // It prints events as flows without traffic.
    'event records',
  ].join('|'),
)

/** Layout 1 keeps records in blocks of type 2, layout 2 in those of type 3. */
const BLOCKS = { 1: { from: 276, type: 2 }, 2: { from: 40, type: 3 } } as const

/** It reads blocks of both types in both layouts, and does not look whether a block says that it is not packed. */
function hasOddBlocks(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const { from, type } = BLOCKS[bytes[2] as 1 | 2]
  for (let at = from; at + 12 <= bytes.length; at += 12 + view.getUint32(at + 4, true))
    if (view.getUint16(at + 8, true) !== type || (view.getUint16(at + 10, true) & 1) !== 0) return true
  return false
}

/** Its LZ4 repeats from 0 bytes back, which the format forbids: is that what is wrong with the block that is left out? */
function repeatsFromNowhere(bytes: Uint8Array, said: string): boolean {
  const [, byte, length] = /byte (\d+): block of (\d+) bytes does not unpack as LZ4/.exec(said) ?? []
  if (byte === undefined) return false
  let at = Number(byte) + 12
  const end = at + Number(length)
  const lengthIn = (nibble: number) => {
    let sum = nibble
    for (let more = nibble === 15 ? 255 : 0; more === 255 && at < end; sum += more) more = bytes[at++]!
    return sum
  }
  while (at < end) {
    const token = bytes[at++]!
    at += lengthIn(token >> 4)
    if (at + 2 > end) return false
    if (bytes[at] === 0 && bytes[at + 1] === 0) return true
    at += 2
    lengthIn(token & 15)
  }
  return false
}

/** A protocol that the record does not say: nfdump prints whatever is there. */
const UNSAID = `${UNKNOWN}`

const isNfcapd = (bytes: Uint8Array) =>
  bytes[0] === 0x0c && bytes[1] === 0xa5 && (bytes[2] === 1 || bytes[2] === 2) && bytes[3] === 0

interface Totals {
  readonly [protocol: string]: {
    flows: bigint
    packets: bigint
    octets: bigint
    outPackets: bigint
    outOctets: bigint
  }
}

type Counted = readonly [
  protocol: bigint,
  flows: bigint,
  packets: bigint,
  outPackets: bigint,
  octets: bigint,
  outOctets: bigint,
]

function totalsOf(records: readonly Counted[]): Totals {
  const totals: { [protocol: string]: Totals[string] } = {}
  for (const [protocol, flows, packets, outPackets, octets, outOctets] of records) {
    totals[`${protocol}`] ??= { flows: 0n, packets: 0n, octets: 0n, outPackets: 0n, outOctets: 0n }
    const total = totals[`${protocol}`]!
    total.flows += flows
    total.packets += packets
    total.octets += octets
    total.outPackets += outPackets
    total.outOctets += outOctets
  }
  return totals
}

const MOST = BigInt(Number.MAX_SAFE_INTEGER)

/**
 * What nfdump reads; `null` when it does not accept the file. Left out are records with a counter that flowscan calls
 * implausible, and the line, of no flow, that nfdump prints for the outer ends of a tunnel.
 */
function theirs(bytes: Uint8Array, path: string): Totals | null {
  writeFileSync(path, bytes)
  const format = 'fmt:%pr %fl %ipkt %opkt %ibyt %obyt'
  const { status, stdout, stderr } = spawnSync(findProgram('nfdump')!, ['-r', path, '-q', '-N', '-o', format], {
    encoding: 'utf8',
    timeout: 10_000,
    maxBuffer: 64 * 1024 * 1024,
  })
  const lines = (text: string) => text.split('\n').filter((line) => line.trim() !== '')
  if (status !== 0 || lines(stderr).some((line) => !HARMLESS.test(line)) || NOTHING.test(stdout)) return null
  const records = lines(stdout).map((line) => line.trim().split(/\s+/).map(BigInt) as unknown as Counted)
  return totalsOf(
    records.filter(([, flows, ...others]) => flows > 0n && [flows, ...others].every((each) => each <= MOST)),
  )
}

async function ours(bytes: Uint8Array): Promise<{ totals: Totals; summary: FlowFileSummary }> {
  const records: Counted[] = []
  const chunks = (async function* () {
    yield Uint8Array.from(bytes)
  })()
  const summary = await decodeFlowFile(chunks, (batch) => {
    for (let i = 0; i < batch.length; i++) {
      const [packets, octets] = [BigInt(batch.packets[i]!), BigInt(batch.octets[i]!)]
      if (batch.reverse[i] === 0)
        records.push([BigInt(batch.protocol[i]!), BigInt(batch.flows[i]!), packets, 0n, octets, 0n])
      else {
        const [protocol, flows, there, , thereOctets] = records.pop()!
        records.push([protocol, flows, there, packets, thereOctets, octets])
      }
    }
  })
  return { totals: totalsOf(records), summary }
}

/** Compares; `path` is where nfdump finds the bytes. Tells whether there was something to compare. */
async function compare(bytes: Uint8Array, what: string, path: string): Promise<boolean> {
  if (hasOddBlocks(bytes)) return false
  const expected = theirs(bytes, path)
  if (expected === null) return false
  const found = await ours(bytes).catch((error: Error) => ({ totals: null, error: error.message }))
  const said = 'error' in found ? found.error : found.summary.warnings.join('\n')
  if (LENIENT.test(said) || repeatsFromNowhere(bytes, said) || (found.totals !== null && UNSAID in found.totals))
    return false
  if ('error' in found) throw new Error(`${what}: nfdump reads flows, but ${found.error}`)
  expect(found.totals, what).toEqual(expected)
  return true
}

describe.skipIf(skips)('as nfdump reads them', () => {
  const place = () => join(temporaryDirectory(), 'nfcapd.202405011040')
  const files = ['nfcapd', 'ipfix', 'damaged']
    .flatMap((folder) => readdirSync(`${FIXTURES}${folder}`).map((name) => `${folder}/${name}`))
    .filter((name) => name.endsWith('.nf') && isNfcapd(readFileSync(`${FIXTURES}${name}`)))

  test('fixtures', async () => {
    const path = place()
    let compared = 0
    for (const name of files) if (await compare(readFileSync(`${FIXTURES}${name}`), name, path)) compared++
    expect(compared).toBeGreaterThan(35)
  })

  const RUNS = Number(process.env.FLOWSCAN_FUZZ_RUNS ?? 400)
  const MOST_MS = 100

  test('mutants', { timeout: 120_000 + RUNS * MOST_MS }, async () => {
    const bases = loadBases().filter(({ bytes }) => isNfcapd(bytes))
    const path = place()
    let compared = 0
    for (let run = 0; run < RUNS; run++) {
      const { bytes, base, steps } = mutate(bases, [2, run])
      if (isNfcapd(bytes) && (await compare(bytes, `run ${run}, ${base}: ${steps.join('; ')}`, path))) compared++
    }
    expect(compared).toBeGreaterThan(RUNS / 10)
  })
})
