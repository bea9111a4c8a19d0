import { createHash, randomBytes } from 'node:crypto'
import { closeSync, openSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { readAhead } from '../../dist/ingest/run/decode-ahead.js'
import { readDescriptor } from '../../dist/ingest/run/descriptor.js'
import { tallyTask } from '../../dist/ingest/run/tallier.js'
import { loadConfig } from '../../ingest/config/load.ts'
import { UserError } from '../../ingest/model/errors.ts'
import { synthesizeFile } from '../../ingest/synthesize/index.ts'
import { temporaryDirectory } from '../directory.ts'
import { FIXTURES } from '../flow-files.ts'

/* What is compiled, for a thread needs a file of its own. */
const loaded = await loadConfig(new URL('../../flowscan.config.ts', import.meta.url).pathname)
const opened: number[] = []
afterAll(() => opened.forEach(closeSync))

function open(path: string): number {
  const descriptor = openSync(path, 'r')
  opened.push(descriptor)
  return descriptor
}

async function tally(path: string, reader: typeof readAhead) {
  const task = { descriptor: open(path), name: basename(path), bytes: statSync(path).size, source: 'flows' }
  try {
    const { part, ...rest } = await tallyTask(task, loaded, reader)
    return { ...rest, part: Buffer.from(part.bytes).toString() }
  } catch (error) {
    const { name, message, exitCode, byte } = error as Error & { exitCode?: number; byte?: number }
    return { name, message, exitCode, byte }
  }
}

describe('decoded in a thread of its own', () => {
  test.each(['nfcapd', 'ipfix', 'text', 'damaged'])(
    'fixtures/%s: the same parts, the same errors',
    async (folder) => {
      let counted = 0
      for (const name of readdirSync(join(FIXTURES, folder))) {
        const path = join(FIXTURES, folder, name)
        const here = await tally(path, readDescriptor)
        expect(await tally(path, readAhead), name).toEqual(here)
        if ('part' in here) counted++
      }
      expect(counted).toBeGreaterThan(3)
    },
    120_000,
  )

  test.each([
    { name: 'nfcapd.202611231300+0000', format: 'nfcapd', compression: 'lz4' },
    { name: 'ft-v05.2026-11-23.130000+0000', format: 'flow-tools', compression: 'zlib' },
  ] as const)('$format: more batches than may wait', async ({ name, ...rest }) => {
    const path = join(temporaryDirectory(), name)
    await synthesizeFile({ ...rest, path, flows: 100_000, slot: Date.UTC(2026, 10, 23, 13) / 1000 })
    expect(await tally(path, readAhead)).toEqual(await tally(path, readDescriptor))
  })

  test('what goes wrong while counting ends it', async () => {
    const descriptor = open(join(FIXTURES, 'flow-tools', 'syn-v5-multi-little-z0.ft'))
    const read = readAhead(
      descriptor,
      'UTC',
    )(() => {
      throw new UserError('too much')
    })
    await expect(read).rejects.toThrow('too much')
  })

  test('bytes that the decoder leaves unread are part of the content', async () => {
    const path = join(temporaryDirectory(), 'nfcapd.202405010000')
    const whole = readFileSync(join(FIXTURES, 'nfcapd', 'syn-v5multi.v2layout-1.7.8.nf'))
    writeFileSync(path, Buffer.concat([whole, randomBytes(3_000_000)]))
    const [{ content }, here] = await Promise.all(
      [readAhead, readDescriptor].map((reader) => reader(open(path), 'UTC')(() => {})),
    )
    expect(content).toBe(createHash('sha256').update(readFileSync(path)).digest('hex'))
    expect(here.content).toBe(content)
  })

  test('what the system refuses is told as in one thread', async () => {
    const descriptor = open(temporaryDirectory())
    for (const reader of [readDescriptor, readAhead]) {
      const read = reader(descriptor, 'UTC')(() => {})
      await expect(read).rejects.toMatchObject({ name: 'Unreadable', message: expect.stringMatching(/EISDIR/) })
    }
  })
})
