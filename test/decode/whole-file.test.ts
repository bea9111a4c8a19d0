import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import type { UnpackEnd } from '../../ingest/decode/unpacking.ts'
import { wholeFileCompressions } from '../../ingest/decode/whole-file.ts'
import { temporaryDirectory } from '../directory.ts'
import { FIXTURES } from '../flow-files.ts'

/** Packed by the programs that administrators use. */
const pack = (program: string, args: readonly string[], bytes: Uint8Array): Buffer =>
  execFileSync(program, ['-c', ...args], { input: bytes, maxBuffer: 2 ** 30 })

async function* inChunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function unpack(name: string, packed: Uint8Array, chunk = 65_536): Promise<{ bytes: Buffer; end: UnpackEnd }> {
  const { unpack } = wholeFileCompressions.find((each) => each.name === name)!
  const found: Uint8Array[] = []
  const chunks = unpack(inChunks(packed, chunk))
  for (let step = await chunks.next(); ; step = await chunks.next()) {
    if (step.done === true) return { bytes: Buffer.concat(found), end: step.value }
    found.push(Uint8Array.from(step.value))
  }
}

const flows = readFileSync(`${FIXTURES}flow-tools/syn-v5-multi-little-z0.ft`)
// Larger than a block of bzip2, and than what zstd and xz hand out at once.
const large = Buffer.concat(Array.from({ length: 30 }, () => [flows, randomBytes(7)]).flat())
const zeros = Buffer.alloc(96 * 1024 * 1024)

const programs = [
  { name: 'gzip', program: 'gzip', args: [] },
  { name: 'bzip2', program: 'bzip2', args: [] },
  { name: 'bzip2', program: 'bzip2', args: ['-1'] },
  { name: 'xz', program: 'xz', args: [] },
  { name: 'zstd', program: 'zstd', args: [] },
  { name: 'zstd', program: 'zstd', args: ['--no-check', '-1'] },
]

describe.each(programs)('$name $args', ({ name, program, args }) => {
  const packed = pack(program, args, large)

  test('gives what went in, whatever the size of the chunks', async () => {
    for (const chunk of [997, 65_536, packed.length]) {
      const { bytes, end } = await unpack(name, packed, chunk)
      expect(bytes.equals(large)).toBe(true)
      expect(end).toEqual({ kind: 'end', trailing: 0 })
    }
  })

  test('gives what went in, byte by byte', async () => {
    const { bytes, end } = await unpack(name, pack(program, args, flows.subarray(0, 3000)), 1)
    expect(bytes.equals(flows.subarray(0, 3000))).toBe(true)
    expect(end).toEqual({ kind: 'end', trailing: 0 })
  })

  test('several files one behind the other are one', async () => {
    const { bytes, end } = await unpack(name, Buffer.concat([packed, packed]))
    expect(bytes.equals(Buffer.concat([large, large]))).toBe(true)
    expect(end).toEqual({ kind: 'end', trailing: 0 })
  })

  test('an empty file', async () => {
    const { bytes, end } = await unpack(name, pack(program, args, Buffer.alloc(0)))
    expect(bytes.length).toBe(0)
    expect(end.kind).toBe('end')
  })

  test('an end that is missing is told from one that is there, and what was whole is handed on', async () => {
    for (const missing of [1, 5, 1000, Math.floor(packed.length / 2)]) {
      const { bytes, end } = await unpack(name, packed.subarray(0, packed.length - missing))
      expect(end.kind, `${missing} missing`).toBe('truncated')
      expect(large.subarray(0, bytes.length).equals(bytes)).toBe(true)
    }
  })

  test('a flipped bit is noticed, wherever a checksum covers it', async () => {
    if (args.includes('--no-check')) return
    for (const part of [0.2, 0.5, 0.8]) {
      const damaged = Uint8Array.from(packed)
      damaged[Math.floor(damaged.length * part)]! ^= 0x10
      const { end } = await unpack(name, damaged)
      expect(['damaged', 'truncated']).toContain(end.kind)
    }
  })

  test('a bomb is stopped soon after its free room', { timeout: 60_000 }, async () => {
    const { bytes, end } = await unpack(name, pack(program, args, zeros))
    expect(end.kind).toBe('bomb')
    expect(bytes.length).toBeLessThan(95 * 1024 * 1024)
  })
})

test('bzip2: what lies behind is counted', async () => {
  const { bytes, end } = await unpack('bzip2', Buffer.concat([pack('bzip2', [], flows), Buffer.from('garbage')]))
  expect(bytes.equals(flows)).toBe(true)
  expect(end).toEqual({ kind: 'end', trailing: 7 })
})

test('gzip: padding of zeros is counted, anything else behind is damage', async () => {
  const packed = pack('gzip', [], flows)
  const { bytes, end } = await unpack('gzip', Buffer.concat([packed, Buffer.alloc(512)]))
  expect(bytes.equals(flows)).toBe(true)
  expect(end).toEqual({ kind: 'end', trailing: 512 })
  expect((await unpack('gzip', Buffer.concat([packed, Buffer.from('garbage')]))).end.kind).toBe('damaged')
})

test('a zstd window beyond 8 MiB is refused before any memory is taken', async () => {
  const packed = pack('zstd', ['--long=31', '--ultra', '-22'], zeros)
  const { end } = await unpack('zstd', packed)
  expect(end).toMatchObject({ kind: 'damaged', message: expect.stringMatching(/window of \d+ bytes/) })
})

test('zstd data that need a dictionary are refused', async () => {
  const folder = temporaryDirectory()
  const samples = Array.from({ length: 8 }, (_, n) => `${folder}/${n}`)
  for (const [n, sample] of samples.entries()) writeFileSync(sample, flows.subarray(n * 2000, n * 2000 + 2000))
  execFileSync('zstd', ['--train', ...samples, '--maxdict=1024', '-o', `${folder}/dictionary`], { stdio: 'ignore' })
  const { bytes, end } = await unpack('zstd', pack('zstd', ['-D', `${folder}/dictionary`], flows))
  expect(bytes.length).toBe(0)
  expect(end).toMatchObject({ kind: 'damaged', message: expect.stringMatching(/dictionary/) })
})

test('gzip members of different writers', async () => {
  const { bytes } = await unpack('gzip', Buffer.concat([gzipSync(flows), pack('gzip', ['-9'], flows)]))
  expect(bytes.equals(Buffer.concat([flows, flows]))).toBe(true)
})
