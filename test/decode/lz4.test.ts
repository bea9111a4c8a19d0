import { createRequire } from 'node:module'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { nfcapdMemory } from '../../ingest/decode/wasm-nfcapd.ts'
import { lz4 } from './nfcapd-file.ts'

const MOST = 1 << 20
const { unpack } = nfcapdMemory()
const { uncompressSync } = createRequire(import.meta.url)('lz4-napi') as typeof import('lz4-napi')

/** Runs of bytes, some of them over and over, so that there is something to refer to: near, far, overlapping, long. */
const repetitive = fc
  .array(fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 60 })), { maxLength: 30 })
  .map((runs) => Buffer.concat(runs.flatMap(([bytes, times]) => new Array<Uint8Array>(times).fill(bytes))))

/** What the reference library makes of a block, or `null`. */
function reference(block: Uint8Array): Buffer | null {
  const room = Buffer.alloc(4)
  room.writeUInt32LE(MOST)
  try {
    return uncompressSync(Buffer.concat([room, block]))
  } catch {
    return null
  }
}

function unpackOrRefuse(block: Uint8Array, room = MOST): Buffer | null {
  try {
    return Buffer.from(unpack(block, room))
  } catch (error) {
    expect(error).toBeInstanceOf(RangeError)
    return null
  }
}

describe('LZ4 blocks', () => {
  test('what the reference library packs unpacks to the same, into as much room as it takes and no less', () => {
    fc.assert(
      fc.property(repetitive, (bytes) => {
        const block = lz4(bytes)
        expect(unpackOrRefuse(block)?.equals(bytes)).toBe(true)
        expect(unpackOrRefuse(block, bytes.length)?.equals(bytes)).toBe(true)
        if (bytes.length > 0) expect(unpackOrRefuse(block, bytes.length - 1)).toBeNull()
      }),
    )
  })

  test.each([0, 1, 14, 15, 16, 269, 270, 271, 524, 525, 70_000])('%i bytes that do not repeat', (length) => {
    const bytes = Buffer.from(Array.from({ length }, (_, i) => Math.imul(i + 1, 0x9e37_79b1) >>> 24))
    expect(unpackOrRefuse(lz4(bytes))?.equals(bytes)).toBe(true)
  })

  test.each([1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 65_535])('bytes that repeat after %i', (offset) => {
    const once = Buffer.from(Array.from({ length: offset }, (_, i) => Math.imul(i + 1, 0x9e37_79b1) >>> 24))
    for (const length of [18, 19, 20, 273, 274, 1000]) {
      const bytes = Buffer.concat([...new Array<Buffer>(Math.ceil(length / offset) + 1).fill(once)])
      expect(unpackOrRefuse(lz4(bytes))?.equals(bytes)).toBe(true)
    }
  })

  test('what the reference library unpacks of a block that is cut or changed unpacks to the same', () => {
    const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(repetitive, changes, fc.nat(), (bytes, changed, cut) => {
        const block = lz4(bytes)
        for (const [at, value] of changed) block[at % block.length] = value
        for (const each of [block, block.subarray(0, cut % (block.length + 1))]) {
          const expected = reference(each)
          const found = unpackOrRefuse(each)
          if (expected !== null) expect(found?.equals(expected)).toBe(true)
        }
      }),
      { numRuns: 500 },
    )
  })

  test.each([
    { name: 'nothing', block: [] },
    { name: 'only a token', block: [0xf0] },
    { name: 'a length without end', block: [0xf0, ...new Array<number>(300).fill(255)] },
    { name: 'literals beyond the block', block: [0x50, 1, 2, 3, 4] },
    { name: 'half an offset', block: [0x10, 65, 1] },
    { name: 'offset 0', block: [0x10, 65, 0, 0, 0x00] },
    { name: 'an offset before the start', block: [0x10, 65, 2, 0, 0x00] },
    { name: 'a match length without end', block: [0x1f, 65, 1, 0, ...new Array<number>(300).fill(255)] },
    { name: 'no literals at the end', block: [0x10, 65, 1, 0] },
  ])('$name is refused', ({ block }) => {
    expect(() => unpack(Uint8Array.from(block), MOST)).toThrow('damaged, or more than 1048576 bytes come out of it')
  })

  test('a block that unpacks to more than all memory is refused', () => {
    const block = Uint8Array.from([0x1f, 65, 1, 0, ...new Array<number>(MOST - 100).fill(255), 0, 0x00])
    expect(unpackOrRefuse(block)).toBeNull()
  })
})
