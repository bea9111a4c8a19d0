import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { EmitBatch } from '../../ingest/decode/decoder.ts'
import { decodeFlowFile } from '../../ingest/decode/index.ts'
import { DecodeError } from '../../ingest/model/errors.ts'
import { createFlowBatch, type FlowBatch, type FlowFileSummary } from '../../ingest/model/flow-batch.ts'
import { loadBases } from './bases.ts'
import { execute, type Outcome } from './execute.ts'
import { type Mutant, mutate } from './mutate.ts'

/* The short run of the fuzzer, against the sources. The long one adds threads, a clock and an eye on memory: README.md. */
const SEED = 3
const RUNS = 2500
const CHUNK = 65_536
const OTHER_CHUNKS = [4096, 997, 61]
/** One in so many is decoded once more, in other chunks. */
const COMPARED = 4

const tested = { decodeFlowFile, DecodeError }
const bases = loadBases()

const described = ({ base, steps }: Mutant, run: number) => `run ${run}, ${base}: ${steps.join('; ')}`

test(`${RUNS} mutants are read or refused, alike in chunks of any size`, { timeout: 60_000 }, async () => {
  const found: string[] = []
  const counts = { read: 0, refused: 0, broken: 0 }
  for (let run = 0; run < RUNS; run++) {
    const mutant = mutate(bases, [SEED, run])
    const outcome = await execute(mutant.bytes, CHUNK, tested)
    counts[outcome.kind]++
    if (outcome.kind === 'broken') found.push(`${described(mutant, run)}: ${outcome.problem}`)
    if (run % COMPARED !== 0) continue
    const chunk = OTHER_CHUNKS[(run / COMPARED) % OTHER_CHUNKS.length]!
    const again = await execute(mutant.bytes, chunk, tested)
    if (!isAlike(outcome, again))
      found.push(`${described(mutant, run)}: in chunks of ${chunk} ${JSON.stringify(again)}`)
  }
  expect(found).toEqual([])
  expect(counts.read).toBeGreaterThan(RUNS / 4)
  expect(counts.refused).toBeGreaterThan(RUNS / 4)
})

/** The place of damage that zlib tells is that of the slice it was given: reasons are not compared. */
function isAlike(one: Outcome, other: Outcome): boolean {
  if (one.kind !== 'read' || other.kind !== 'read') return one.kind === other.kind
  return one.rows === other.rows && one.warnings === other.warnings
}

test('the same seeds give the same mutant, others another; its base stays whole', () => {
  const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('base64')
  const mutants = () => Array.from({ length: 200 }, (_, run) => digest(mutate(bases, [SEED, run]).bytes))
  const before = bases.map(({ bytes }) => digest(bytes))
  const once = mutants()
  expect(mutants()).toEqual(once)
  expect(new Set(once).size).toBeGreaterThan(180)
  expect(bases.map(({ bytes }) => digest(bytes))).toEqual(before)
})

describe('a decoder is found out that', () => {
  /** One row, in a summary of one record. */
  const row = (change: (batch: FlowBatch) => void) => (emit: EmitBatch, summary: FlowFileSummary) => {
    const batch = createFlowBatch(4)
    batch.length = 1
    change(batch)
    emit(batch, summary)
    return summary
  }
  const summaryOf = (more: Partial<FlowFileSummary> = {}) =>
    ({ exporters: ['192.0.2.1'], records: 1, implausible: 0, warnings: [], ...more }) as unknown as FlowFileSummary

  test.each<{
    name: string
    decode: (emit: EmitBatch, summary: FlowFileSummary) => FlowFileSummary
    summary?: Partial<FlowFileSummary>
    problem: RegExp
  }>([
    {
      name: 'throws a TypeError',
      decode: () => {
        throw new TypeError('undefined is not a flow')
      },
      problem: /^TypeError: undefined is not a flow/,
    },
    {
      name: 'throws what is no error',
      decode: () => {
        throw 'up'
      },
      problem: /^up$/,
    },
    { name: 'gives half an octet', decode: row((batch) => (batch.octets[0] = 0.5)), problem: /counters 0\.5, 0, 0/ },
    { name: 'gives packets below zero', decode: row((batch) => (batch.packets[0] = -1)), problem: /counters 0, -1, 0/ },
    { name: 'gives more than 2^53', decode: row((batch) => (batch.octets[0] = 2 ** 53)), problem: /counters 9007/ },
    {
      name: 'gives a time that is none',
      decode: row((batch) => (batch.endMs[0] = Number.NaN)),
      problem: /times 0, NaN/,
    },
    { name: 'names no exporter', decode: row((batch) => (batch.exporter[0] = 1)), problem: /exporter 1 has no name/ },
    { name: 'hands on an empty batch', decode: row((batch) => (batch.length = 0)), problem: /a batch of 0 rows/ },
    {
      name: 'miscounts its records',
      decode: row(() => {}),
      summary: { records: 2 },
      problem: /2 records, but 1 rows of them/,
    },
    {
      name: 'warns without end',
      decode: row(() => {}),
      summary: { warnings: new Array(1000).fill('careful') },
      problem: /1000 warnings/,
    },
  ])('$name', async ({ decode, summary, problem }) => {
    const decodeFlowFile = async (_: AsyncIterable<Uint8Array>, emit: EmitBatch) => decode(emit, summaryOf(summary))
    const outcome = await execute(Uint8Array.of(1), CHUNK, { decodeFlowFile, DecodeError })
    expect(outcome).toEqual({ kind: 'broken', problem: expect.stringMatching(problem) })
  })

  test('does none of this passes', async () => {
    const decodeFlowFile = async (_: AsyncIterable<Uint8Array>, emit: EmitBatch) => row(() => {})(emit, summaryOf())
    expect(await execute(Uint8Array.of(1), CHUNK, { decodeFlowFile, DecodeError })).toEqual({
      kind: 'read',
      rows: 1,
      warnings: 0,
    })
  })
})
