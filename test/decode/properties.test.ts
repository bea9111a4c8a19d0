import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeFlowFile } from '../../ingest/decode/index.ts'
import { DecodeError } from '../../ingest/model/errors.ts'
import { loadBases } from '../fuzz/bases.ts'
import { type Row, rowsOf } from './rows.ts'

/* What holds of every flow file that can be read, whatever its format: of fixtures, damaged ones too, and of files written for the purpose. */

interface Read {
  readonly rows: readonly Row[]
  readonly complete: boolean
  readonly warnings: readonly string[]
}

/** Decodes bytes that come in pieces; `null`: refused. */
async function read(pieces: readonly Uint8Array[]): Promise<Read | null> {
  const rows: Row[] = []
  const chunks = (async function* () {
    yield* pieces
  })()
  try {
    const { complete, warnings } = await decodeFlowFile(chunks, (batch, { exporters }) => {
      rows.push(...rowsOf(batch, exporters))
    })
    return { rows, complete, warnings }
  } catch (error) {
    if (error instanceof DecodeError) return null
    throw error
  }
}

const bases = await Promise.all(
  [...new Map(loadBases().map(({ name, bytes }) => [name, bytes])).entries()].map(async ([name, bytes]) => ({
    name,
    bytes,
    whole: await read([bytes]),
  })),
)
const readable = bases.flatMap(({ name, bytes, whole }) => (whole === null ? [] : [{ name, bytes, whole }]))
const anyReadable = fc.noBias(fc.integer({ min: 0, max: readable.length - 1 }))
/** A place in a file, as a part of its length: it shrinks to the start. */
const anyPart = fc.noBias(fc.integer({ min: 0, max: 100_000 })).map((n) => n / 100_000)
const place = (part: number, bytes: Uint8Array) => Math.floor(part * bytes.length)

test('there are files of every format', () => {
  expect(readable.length).toBeGreaterThan(100)
  const names = readable.map(({ name }) => name).join('\n')
  for (const kind of ['flow-tools/', 'layout 1', 'layout 2', 'layout 3', 'ipfix/', 'goflow2', 'pmacct', 'zstd', 'xz'])
    expect(names).toContain(kind)
})

describe('of a file that can be read', () => {
  test('every beginning gives the first of its flows, or is refused', { timeout: 60_000 }, async () => {
    let refused = 0
    let shorter = 0
    await fc.assert(
      fc.asyncProperty(anyReadable, anyPart, async (which, part) => {
        const { name, bytes, whole } = readable[which]!
        const found = await read([bytes.subarray(0, place(part, bytes))])
        if (found === null) {
          refused++
          return
        }
        if (found.rows.length < whole.rows.length) shorter++
        expect(found.rows, name).toEqual(whole.rows.slice(0, found.rows.length))
      }),
      { seed: 11, numRuns: 2000 },
    )
    expect(refused).toBeGreaterThan(100)
    expect(shorter).toBeGreaterThan(100)
  })

  test('flows and warnings are the same wherever it is cut into chunks', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(anyReadable, fc.array(anyPart, { maxLength: 12 }), async (which, parts) => {
        const { name, bytes, whole } = readable[which]!
        const cuts = [0, ...parts.map((part) => place(part, bytes)).sort((a, b) => a - b), bytes.length]
        expect(await read(cuts.slice(1).map((end, n) => bytes.subarray(cuts[n], end))), name).toEqual(whole)
      }),
      { seed: 12, numRuns: 800 },
    )
  })

  test('one changed bit is read or refused', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(anyReadable, anyPart, fc.nat({ max: 7 }), async (which, part, bit) => {
        const { bytes } = readable[which]!
        const changed = Uint8Array.from(bytes)
        changed[Math.min(place(part, bytes), bytes.length - 1)]! ^= 1 << bit
        const found = await read([changed])
        for (const { octets, packets, flows } of found?.rows ?? [])
          expect([octets, packets, flows].every(Number.isSafeInteger)).toBe(true)
      }),
      { seed: 13, numRuns: 1000 },
    )
  })
})
