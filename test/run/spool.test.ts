import { execFileSync, spawnSync } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join, relative } from 'node:path'
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { type LoadedConfig, parseConfig } from '../../ingest/config/load.ts'
import { isoTime } from '../../ingest/model/time.ts'
import { discoverFlowFiles } from '../../ingest/run/discover.ts'
import { openFlowFile } from '../../ingest/run/flow-file.ts'
import { ingest, type Outcome } from '../../ingest/run/ingest.ts'
import { query } from '../../ingest/run/query.ts'
import { listParts, listStoredParts } from '../../ingest/store/part.ts'
import { synthesizeFile } from '../../ingest/synthesize/index.ts'
import { hashTree, temporaryDirectory } from '../directory.ts'
import { BASE_SLOT, CONFIG, FIXTURES, laterFlowFile, writeFlowFiles } from '../flow-files.ts'
import { isWithout } from '../programs.ts'

/* What may lie in a spool, case by case, and what becomes of it. On real files of a real file system. */

const DAY = '2024-05-01'
const NAME = 'ft-v05.2024-05-01.104000+0000'
const OTHER = 'ft-v05.2024-05-01.104001+0000'
const STORED = ['data/parts', 'data/series', 'data/boards']

interface Spool {
  readonly base: string
  readonly loaded: LoadedConfig
  /** Puts a file there as a collector leaves it, written an hour ago. */
  put(name: string, bytes: Uint8Array | string): string
  /** One run: what became of each file, by its path below `flows`. */
  run(): Promise<Record<string, Outcome>>
  /** Octets that came in during the day, as stored. */
  octets(): number
  reasons(): { file: string; reason: string; when: string; source: string; [key: string]: unknown }[]
}

function setUp(flows: object | readonly object[] = {}): Spool {
  const base = temporaryDirectory()
  mkdirSync(join(base, 'flows'))
  const loaded = parseConfig({ ...CONFIG, flows }, join(base, 'flowscan.config.ts'))
  return {
    base,
    loaded,
    put(name, bytes) {
      const path = join(base, 'flows', name)
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, bytes)
      const hourAgo = Date.now() / 1000 - 3600
      utimesSync(path, hourAgo, hourAgo)
      return path
    },
    async run() {
      const found: Record<string, Outcome> = {}
      await ingest(loaded, {
        onFile: ({ path }, outcome) => {
          found[relative(join(base, 'flows'), path)] = outcome
        },
      })
      return found
    },
    octets() {
      const range = {
        what: 'total',
        step: '1d',
        from: isoTime(BASE_SLOT - 86_400),
        to: isoTime(BASE_SLOT + 86_400),
      } as const
      return query(loaded.config, range).series.total!.in.octets.reduce<number>((sum, value) => sum + Number(value), 0)
    },
    reasons() {
      const directory = join(base, 'data', 'quarantine')
      const ids = existsSync(directory) ? readdirSync(directory) : []
      return ids.map((id) => JSON.parse(readFileSync(join(directory, id, 'reason.json'), 'utf8')))
    },
  }
}

const CLI = new URL('../../dist/flowscan/cli.js', import.meta.url).pathname

/** Runs flowscan on the config of a spool; as `uid`, where we are root. */
function runCli(
  base: string,
  flows: object,
  { args = ['ingest'], ...options }: { args?: string[]; uid?: number; env?: object } = {},
) {
  writeFileSync(join(base, 'flowscan.config.json'), JSON.stringify({ ...CONFIG, flows }))
  const { status, stderr } = spawnSync(
    process.execPath,
    [CLI, ...args, '--config', join(base, 'flowscan.config.json')],
    {
      cwd: '/',
      encoding: 'utf8',
      ...options,
      env: { ...process.env, ...options.env },
    },
  )
  return { status, stderr }
}

const isRoot = process.getuid?.() === 0
const NOBODY = 65_534

const kinds = (found: Record<string, Outcome>) => Object.values(found).map(({ kind }) => kind)
const savedIn = (base: string) =>
  Object.keys(hashTree(base, 'saved'))
    .map((path) => path.slice('saved/'.length))
    .sort()
const whole = laterFlowFile(0)
/** A valid file that ends in the middle of a record. */
const cut = whole.subarray(0, whole.length - 20_010)
/** Flows of the same capture that the whole file does not begin with. */
const unrelated = laterFlowFile(0, 5)
/** The same slot, captured by a collector that was started again. */
const restarted = laterFlowFile(60, 3)

describe('one file', () => {
  test('case 1: an empty one is set aside once it has settled; its slot is a gap', async () => {
    const { put, run, reasons, loaded } = setUp()
    put(NAME, '')
    expect(kinds(await run())).toEqual(['quarantined'])
    expect(reasons()).toMatchObject([{ file: NAME, source: 'flows', when: '2024-05-01T10:40:00Z' }])
    expect(listParts(loaded.config.data, DAY)).toEqual([])
  })

  test('case 2: a valid one without flows covers its slot with zeros', async () => {
    const { put, run, loaded } = setUp()
    put(NAME, laterFlowFile(0, 1200))
    expect(await run()).toMatchObject({ [NAME]: { kind: 'counted', flows: 0 } })
    const { series } = query(loaded.config, {
      what: 'total',
      step: '5m',
      from: isoTime(BASE_SLOT),
      to: isoTime(BASE_SLOT + 600),
    })
    expect(series.total!.in.octets).toEqual([0, null])
  })

  test('case 3: one that ends in its header is set aside', async () => {
    const { put, run, reasons } = setUp()
    put(NAME, whole.subarray(0, 30))
    expect(kinds(await run())).toEqual(['quarantined'])
    expect(reasons()[0]!.reason).toMatch(/header/)
  })

  test('case 4: one that ends early counts as far as it goes, until the whole one comes', async () => {
    const [spool, undisturbed] = [setUp(), setUp()]
    spool.put(NAME, cut)
    const [outcome] = Object.values(await spool.run())
    expect(outcome).toMatchObject({
      kind: 'counted',
      warnings: [expect.stringMatching(/last record has 22 of 64 bytes/), expect.anything()],
    })
    const partial = spool.octets()
    spool.put(NAME, whole)
    expect(kinds(await spool.run())).toEqual(['counted'])
    undisturbed.put(NAME, whole)
    await undisturbed.run()
    expect(partial).toBeGreaterThan(0)
    expect(partial).toBeLessThan(undisturbed.octets())
    expect(spool.octets()).toBe(undisturbed.octets())
  })

  test.each([
    { name: 'case 5: a file that flow-capture is writing', file: 'tmp-v05.2024-05-01.104000+0000' },
    { name: 'case 6: a file that nfcapd is writing', file: 'nfcapd.current.1234' },
  ])('$name is ignored', async ({ file }) => {
    const { put, run, base } = setUp()
    put(file, whole)
    expect(await run()).toEqual({})
    expect(readdirSync(join(base, 'flows'))).toEqual([file])
  })

  test('case 7: one that still grows is left for the next run', async () => {
    const { put, run } = setUp()
    appendFileSync(put(NAME, cut), whole.subarray(cut.length))
    expect(kinds(await run())).toEqual(['deferred'])
  })

  test.each([
    { name: 'case 8: renamed', disturb: (path: string) => renameSync(path, `${path}.old`) },
    {
      name: 'case 9: replaced by another',
      disturb: (path: string) => {
        writeFileSync(`${path}.new`, 'another')
        renameSync(`${path}.new`, path)
      },
    },
    { name: 'written to', disturb: (path: string) => appendFileSync(path, 'more') },
  ])('$name while it is read: left for the next run', ({ disturb }) => {
    const { put, loaded } = setUp()
    const path = put(NAME, whole)
    const opened = openFlowFile(discoverFlowFiles(loaded.config)[0]!, Date.now())
    opened.assertUnchanged()
    disturb(path)
    expect(() => opened.assertUnchanged()).toThrow(expect.objectContaining({ name: 'Deferred' }))
    opened.close()
  })

  test('a directory that may be read again when it is opened: left for the next run; one with the name of a flow file: refused', () => {
    const { loaded, base } = setUp()
    const open = (name: string) => {
      mkdirSync(join(base, 'flows', name))
      const path = join(base, 'flows', name)
      return () => openFlowFile({ path, name, place: name, source: loaded.config.flows[0]! }, Date.now())
    }
    expect(open(DAY)).toThrow(expect.objectContaining({ name: 'Deferred' }))
    expect(open(NAME)).toThrow(expect.objectContaining({ name: 'Refused' }))
  })

  test('case 35: one above the size cap is set aside without being read', async () => {
    const { put, run, reasons, base } = setUp({ maxBytes: 1000 })
    put(NAME, whole)
    expect(kinds(await run())).toEqual(['quarantined'])
    expect(reasons()).toMatchObject([{ file: NAME, reason: expect.stringMatching(/maxBytes allows 1000/) }])
    expect(readdirSync(join(base, 'flows'))).toEqual([])
  })
})

describe('the same again', () => {
  test('case 10: the same file under the same name is a no-op, and moved', async () => {
    const { base, put, run } = setUp()
    put(NAME, whole)
    await run()
    const before = hashTree(base, ...STORED, 'saved')
    put(NAME, whole)
    expect(await run()).toEqual({ [NAME]: { kind: 'known', slot: BASE_SLOT, copyOf: null } })
    expect(hashTree(base, ...STORED, 'saved')).toEqual(before)
    expect(readdirSync(join(base, 'flows'))).toEqual([])
  })

  test('case 11: the same content under another name is a no-op, and told to be a copy', async () => {
    const { base, put, run } = setUp()
    put(NAME, whole)
    await run()
    const before = hashTree(base, ...STORED)
    put(OTHER, whole)
    expect(await run()).toMatchObject({ [OTHER]: { kind: 'known', copyOf: join(base, 'saved', DAY, NAME) } })
    expect(hashTree(base, ...STORED)).toEqual(before)
    expect(savedIn(base)).toEqual([`${DAY}/${NAME}`, `${DAY}/${OTHER}`])
  })

  test('case 11: also where files stay', async () => {
    const { put, run } = setUp({ saved: false })
    const first = put(NAME, whole)
    await run()
    put(OTHER, whole)
    expect(await run()).toMatchObject({ [OTHER]: { kind: 'known', copyOf: first } })
  })

  test('case 12: two files without flows, the same bytes, different names: both slots are covered', async () => {
    const { put, run, loaded } = setUp()
    // Layout 1 of nfcapd does not say when a capture without flows began: a header without blocks, and no statistics.
    const empty = readFileSync(join(FIXTURES, 'nfcapd', 'syn-v9multi.v1layout-1.6.25.nf')).subarray(0, 276)
    empty.fill(0, 8, 12).fill(0, 140)
    put('nfcapd.202405011040', empty)
    put('nfcapd.202405011045', empty)
    expect(kinds(await run())).toEqual(['counted', 'counted'])
    expect(listParts(loaded.config.data, DAY).map(({ slot }) => slot)).toEqual([BASE_SLOT, BASE_SLOT + 300])
  })

  test.each([
    { name: 'the shorter first', order: [cut, whole] },
    { name: 'the longer first', order: [whole, cut] },
    { name: 'three of them', order: [whole, whole.subarray(0, 9000), cut] },
  ])('case 13: the same name and capture, one begins with the other: the longer counts ($name)', async ({ order }) => {
    const [spool, reversed, alone] = [setUp(), setUp(), setUp()]
    const namesOf = ({ loaded }: Spool) => listParts(loaded.config.data, DAY).map(({ name }) => name)
    for (const bytes of order) {
      spool.put(NAME, bytes)
      expect(kinds(await spool.run())).toEqual(['counted'])
    }
    for (const bytes of [...order].reverse()) {
      reversed.put(NAME, bytes)
      await reversed.run()
    }
    alone.put(NAME, whole)
    await alone.run()
    expect(spool.octets()).toBe(alone.octets())
    expect(namesOf(spool)).toEqual(namesOf(alone))
    expect(hashTree(spool.base, ...STORED)).toEqual(hashTree(reversed.base, ...STORED))
    expect(hashTree(spool.base, 'data/series', 'data/boards')).toEqual(
      hashTree(alone.base, 'data/series', 'data/boards'),
    )
    expect(savedIn(spool.base)).toHaveLength(order.length)
    expect(spool.reasons()).toEqual([])
  })

  test('case 13: also where files stay and the longer has taken the place of the shorter', async () => {
    const [spool, alone] = [setUp({ saved: false }), setUp()]
    spool.put(NAME, cut)
    await spool.run()
    spool.put(NAME, whole)
    expect(kinds(await spool.run())).toEqual(['counted'])
    alone.put(NAME, whole)
    await alone.run()
    expect(spool.octets()).toBe(alone.octets())
  })

  test('case 13: when the longer part is lost for good, the shorter counts again', async () => {
    const { base, put, run, octets, loaded } = setUp()
    put(NAME, cut)
    await run()
    const partial = octets()
    put(NAME, whole)
    await run()
    expect(octets()).toBeGreaterThan(partial)
    const [part] = listParts(loaded.config.data, DAY)
    rmSync(part!.path)
    rmSync(join(base, 'saved', DAY, `${NAME}.${part!.id}`))
    await run()
    expect(octets()).toBe(partial)
  })

  test('case 13: both parts and the mark outlive the sealing of their day', async () => {
    const [both, alone] = [setUp(), setUp()]
    both.put(NAME, cut)
    await both.run()
    for (const { put, run } of [both, alone]) {
      put(NAME, whole)
      put('ft-v05.2024-05-06.104000+0000', laterFlowFile(5 * 86_400))
      await run()
      await run()
    }
    const { data } = both.loaded.config
    expect(listParts(data, DAY)).toMatchObject([{ sealed: {} }])
    expect(listStoredParts(data, DAY)).toHaveLength(2)
    expect(hashTree(both.base, 'data/series', 'data/boards')).toEqual(
      hashTree(alone.base, 'data/series', 'data/boards'),
    )
    both.put(NAME, whole.subarray(0, 9000))
    expect(kinds(await both.run())).toEqual(['counted'])
    expect(both.octets()).toBe(alone.octets())
    expect(listStoredParts(data, DAY)).toHaveLength(3)
  })

  test('case 14: the same name and another capture start (a collector that was started again): both count', async () => {
    const { base, put, run, octets } = setUp()
    put(NAME, whole)
    await run()
    const first = octets()
    put(NAME, restarted)
    expect(kinds(await run())).toEqual(['counted'])
    expect(octets()).toBeGreaterThan(first * 1.9)
    expect(savedIn(base)).toHaveLength(2)
  })

  test('case 14: in the hour that autumn repeats, local names come twice: each has its own slot', async () => {
    const base = temporaryDirectory()
    mkdirSync(join(base, 'flows'))
    const site = { timeZone: 'America/New_York' }
    const loaded = parseConfig({ ...CONFIG, site }, join(base, 'flowscan.config.ts'))
    // 01:30 EDT and, an hour later, 01:30 EST.
    const slots = ['2025-11-02T05:30:00Z', '2025-11-02T06:30:00Z'].map((time) => Date.parse(time) / 1000)
    for (const slot of slots) {
      const path = join(base, 'flows', 'nfcapd.202511020130')
      await synthesizeFile({ path, format: 'nfcapd', compression: 'none', flows: 100, slot })
      utimesSync(path, slot, slot)
      await ingest(loaded)
    }
    expect(listParts(loaded.config.data, '2025-11-02').map(({ slot }) => slot)).toEqual(slots)
    expect(savedIn(base)).toHaveLength(2)
  })

  test.each([{}, { saved: false }])(
    'case 15: the same name and capture, other flows: set aside (%j)',
    async (flows) => {
      const { base, put, run, octets, reasons } = setUp(flows)
      put(NAME, whole)
      await run()
      const before = octets()
      put(NAME, unrelated)
      expect(kinds(await run())).toEqual(['quarantined'])
      expect(octets()).toBe(before)
      expect(reasons()).toMatchObject([{ file: NAME, reason: expect.stringMatching(/same capture/) }])
      expect(readdirSync(join(base, 'flows'))).toHaveLength('saved' in flows ? 1 : 0)
      expect(await run()).toEqual({})
    },
  )

  test('routers that nfcapd keeps in directories of their own have files of the same name: all count', async () => {
    const { base, put, run, octets } = setUp()
    put(`router-1/2024/05/01/${NAME}`, whole)
    put(`router-2/2024/05/01/${NAME}`, unrelated)
    expect(kinds(await run())).toEqual(['counted', 'counted'])
    const both = octets()
    expect(savedIn(base)).toEqual([`${DAY}/router-1/${NAME}`, `${DAY}/router-2/${NAME}`])
    put(`router-1/${NAME}`, whole)
    expect(await run()).toMatchObject({ [`router-1/${NAME}`]: { kind: 'known', copyOf: null } })
    expect(octets()).toBe(both)
  })

  test('case 34: what saved already holds under a name is not written over', async () => {
    const { base, put, run } = setUp()
    mkdirSync(join(base, 'saved', DAY), { recursive: true })
    writeFileSync(join(base, 'saved', DAY, NAME), 'something else')
    put(NAME, whole)
    expect(kinds(await run())).toEqual(['counted'])
    expect(savedIn(base)).toEqual([`${DAY}/${NAME}`, expect.stringMatching(/^2024-05-01\/ft-v05\.\S+\.[0-9a-f]{32}$/)])
    expect(readFileSync(join(base, 'saved', DAY, NAME), 'utf8')).toBe('something else')
  })
})

describe('when files come', () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  test('case 16: three days late: merged, and all is as if it had come in time', async () => {
    const [late, timely] = [setUp(), setUp()]
    const days = [0, 1, 2, 3].map((day) => laterFlowFile(day * 86_400))
    for (const at of [1, 2, 3, 0]) {
      late.put(`ft-v05.2024-05-0${at + 1}.104000+0000`, days[at]!)
      await late.run()
    }
    for (const [at, bytes] of days.entries()) timely.put(`ft-v05.2024-05-0${at + 1}.104000+0000`, bytes)
    await timely.run()
    expect(hashTree(late.base, ...STORED)).toEqual(hashTree(timely.base, ...STORED))
  })

  test('case 18: of a backlog the newest come first, whatever directory they are in', async () => {
    const { base, run, put } = setUp()
    writeFlowFiles(join(base, 'flows'), 6)
    put(`2024/05/01/nfcapd.202405011100`, 'no flow file')
    const names = Object.keys(await run())
    expect(names.map((name) => /(\d\d)(\d\d)(00\+0000)?$/.exec(name)!.slice(1, 3).join(':'))).toEqual([
      '11:05',
      '11:00',
      '11:00',
      '10:55',
      '10:50',
      '10:45',
      '10:40',
    ])
  })

  test('case 19: in reverse and shuffled, over several runs: the same bytes', async () => {
    const waiting = temporaryDirectory()
    const paths = writeFlowFiles(waiting, 4)
    const states = []
    for (const order of [
      [0, 1, 2, 3],
      [3, 2, 1, 0],
      [2, 0, 3, 1],
    ]) {
      const { base, put, run } = setUp()
      for (const at of order) {
        put(relative(waiting, paths[at]!), readFileSync(paths[at]!))
        await run()
      }
      states.push(hashTree(base, ...STORED, 'saved'))
    }
    expect(states[1]).toEqual(states[0])
    expect(states[2]).toEqual(states[0])
  })

  test.each([-10, 10])('whatever the clock says (%i years off), the same bytes', async (years) => {
    const [right, wrong] = [setUp(), setUp()]
    for (const { put } of [right, wrong]) {
      put(NAME, whole)
      put('ft-v05.2024-05-01.120000+0000', 'no flow file')
    }
    await right.run()
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + years * 365 * 86_400_000 })
    await wrong.run()
    expect(hashTree(wrong.base, 'data', 'saved')).toEqual(hashTree(right.base, 'data', 'saved'))
  })
})

describe('what is no plain file', () => {
  test.each<{ name: string; make: (path: string, base: string) => void; reason: RegExp }>([
    { name: 'case 20: a symbolic link', make: (path) => symlinkSync('/etc/passwd', path), reason: /symbolic link/ },
    { name: 'case 21: a loop of symbolic links', make: (path) => symlinkSync(path, path), reason: /symbolic link/ },
    {
      name: 'case 22: a hard link',
      make: (path, base) => {
        writeFileSync(join(base, 'secret'), whole)
        linkSync(join(base, 'secret'), path)
      },
      reason: /2 names \(hard links\)/,
    },
    { name: 'case 23: a FIFO', make: (path) => execFileSync('mkfifo', [path]), reason: /FIFO/ },
    { name: 'case 25: a directory', make: (path) => mkdirSync(path), reason: /directory/ },
  ])('$name is refused, and told why in the quarantine', async ({ make, reason }) => {
    const { base, run, reasons } = setUp()
    const path = join(base, 'flows', NAME)
    make(path, base)
    const before = lstatSync(path)
    const password = readFileSync('/etc/passwd')
    expect(await run()).toEqual({ [NAME]: { kind: 'refused', reason: expect.stringMatching(reason) } })
    expect(lstatSync(path)).toMatchObject({ ino: before.ino, mtimeMs: before.mtimeMs })
    expect(readFileSync('/etc/passwd')).toEqual(password)
    expect(reasons()).toMatchObject([{ file: NAME, reason: expect.stringMatching(reason), source: 'flows' }])
    const state = hashTree(base, 'data')
    await run()
    expect(hashTree(base, 'data')).toEqual(state)
  })

  test('case 24: a socket, a device: refused', async () => {
    const { base, run } = setUp()
    const server = createServer().listen(join(base, 'flows', NAME))
    await new Promise((resolve) => server.once('listening', resolve))
    if (process.getuid?.() === 0) execFileSync('mknod', [join(base, 'flows', OTHER), 'c', '1', '3'])
    const found = await run()
    expect(new Set(kinds(found))).toEqual(new Set(['refused']))
    expect(Object.keys(found)).toContain(NAME)
    server.close()
  })
})

describe('names', () => {
  test('case 26: a newline in a name is no way into the log, and names are no paths', async () => {
    const { base, put, run, reasons } = setUp({ pattern: '^odd' })
    put('odd\n2026: all is well', whole)
    put('odd..', 'no flow file')
    expect(kinds(await run()).sort()).toEqual(['counted', 'quarantined'])
    expect(reasons()).toMatchObject([{ file: 'odd..' }])
    expect(savedIn(base)).toEqual([`${DAY}/odd\n2026: all is well`])
    put('odd\n2026: damaged', 'no flow file')
    const { stderr } = runCli(base, { pattern: '^odd' })
    expect(stderr).toMatch(/^odd\\u\{a\}2026: damaged: set aside/m)
    expect(stderr).not.toMatch(/^2026/m)
  })

  test('case 27: names of 255 bytes, also two of them', async () => {
    const { base, put, run } = setUp({ pattern: '^x' })
    const long = 'x'.repeat(255)
    put(long, whole)
    await run()
    put(long, restarted)
    expect(kinds(await run())).toEqual(['counted'])
    expect(savedIn(base)).toEqual([
      `${DAY}/${'x'.repeat(222)}.${/[0-9a-f]{32}/.exec(savedIn(base)[0]!)![0]}`,
      `${DAY}/${long}`,
    ])
  })

  test('case 27: a name that is not UTF-8 is refused, and the others go on', async () => {
    const { base, put, run } = setUp({ pattern: '^(x|ft)' })
    put(NAME, whole)
    writeFileSync(Buffer.concat([Buffer.from(`${join(base, 'flows')}/x`), Buffer.from([0xff, 0xfe])]), whole)
    const found = await run()
    expect(found[NAME]).toMatchObject({ kind: 'counted' })
    expect(found['x\uFFFD\uFFFD']).toMatchObject({ kind: 'refused', reason: expect.stringMatching(/not UTF-8/) })
  })
})

describe('who may read and write', () => {
  test('case 28: what cannot be read is told, the others go on; after three runs the exit code tells, too', () => {
    const { base, put } = setUp()
    chmodSync(put(NAME, whole), 0o000)
    mkdirSync(join(base, 'flows', 'closed'), { mode: 0o000 })
    const statuses = [1, 2, 3, 4].map((at) => {
      put(`ft-v05.2024-05-01.10${40 + at}00+0000`, laterFlowFile(at * 60))
      if (isRoot) for (const path of allBelow(base)) if (lstatSync(path).uid !== NOBODY) chownSync(path, NOBODY, NOBODY)
      const { status, stderr } = runCli(base, {}, isRoot ? { uid: NOBODY } : {})
      expect(stderr).toMatch(/104000\+0000: cannot be read, .*EACCES/)
      expect(stderr).toMatch(/closed: cannot be read, .*EACCES/)
      expect(stderr).toMatch(/flow files: 1 counted, 2 could not be read/)
      return status
    })
    expect(statuses).toEqual([0, 0, 0, 74])
    chmodSync(join(base, 'flows', 'closed'), 0o700)
    chmodSync(join(base, 'flows', NAME), 0o600)
    expect(runCli(base, {}, isRoot ? { uid: NOBODY } : {}).status).toBe(0)
    expect(existsSync(join(base, 'data', 'left.json.gz'))).toBe(false)
    expect(savedIn(base)).toHaveLength(5)
  })

  test('case 29: a file of the wrong owner is refused where allowUids is set', async () => {
    const { put, run } = setUp({ allowUids: [(process.getuid?.() ?? 0) + 1] })
    put(NAME, whole)
    expect(await run()).toEqual({
      [NAME]: { kind: 'refused', reason: expect.stringMatching(/belongs to user \d+; flows.allowUids/) },
    })
  })

  test.each(['flows', 'data', 'saved'])('case 30: when everybody may write %s, nothing starts', async (name) => {
    const { base, put, run } = setUp()
    put(NAME, whole)
    mkdirSync(join(base, name), { recursive: true })
    chmodSync(join(base, name), 0o777)
    await expect(run()).rejects.toMatchObject({ exitCode: 74, message: expect.stringMatching(/everybody may write/) })
    expect(readdirSync(join(base, 'flows'))).toEqual([NAME])
    chmodSync(join(base, name), 0o755)
    expect(kinds(await run())).toEqual(['counted'])
  })
})

/** Everything in a directory, and itself. */
function allBelow(directory: string): string[] {
  const below = readdirSync(directory, { recursive: true, withFileTypes: true })
  return [directory, ...below.map(({ parentPath, name }) => join(parentPath, name))]
}

describe('other devices', () => {
  test.skipIf(!existsSync('/dev/shm'))(
    'case 33: saved on another device: copied, compared, and only then removed',
    async () => {
      const other = mkdtempSync('/dev/shm/flowscan-')
      onTestFinished(() => rmSync(other, { recursive: true }))
      const { base, put, run } = setUp({ saved: other })
      put(NAME, whole)
      mkdirSync(join(other, DAY))
      writeFileSync(join(other, DAY, '.tmp-1-0'), 'left by a kill')
      expect(kinds(await run())).toEqual(['counted'])
      expect(readdirSync(join(base, 'flows'))).toEqual([])
      expect(readdirSync(join(other, DAY))).toEqual([NAME])
      expect(readFileSync(join(other, DAY, NAME))).toEqual(Buffer.from(whole))
    },
  )

  test.skipIf(!isRoot)(
    'too little room, or too few inodes: nothing is begun, and all goes on when there is',
    async () => {
      const small = temporaryDirectory()
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m,mode=755', 'none', small])
      onTestFinished(() => void execFileSync('umount', [small]))
      const base = temporaryDirectory()
      mkdirSync(join(base, 'flows'))
      writeFileSync(join(base, 'flows', NAME), whole)
      utimesSync(join(base, 'flows', NAME), BASE_SLOT, BASE_SLOT)
      const loaded = parseConfig({ ...CONFIG, data: small }, join(base, 'flowscan.config.ts'))
      const refused = (message: RegExp) =>
        expect(ingest(loaded)).rejects.toMatchObject({ exitCode: 74, message: expect.stringMatching(message) })
      await refused(/2097152 bytes free|bytes free, but to count the next flow file takes 3\d{6}/)
      execFileSync('mount', ['-o', 'remount,size=64m,nr_inodes=500', small])
      await refused(/room for \d{3} more files/)
      expect(readdirSync(join(base, 'flows'))).toEqual([NAME])
      execFileSync('mount', ['-o', 'remount,nr_inodes=5000', small])
      expect((await ingest(loaded)).counts.counted).toBe(1)
    },
  )
})

test.skipIf(isWithout('a server that forgets files', 'strace')).each([
  { name: 'when it is opened', call: 'openat' },
  { name: 'while it is read', call: 'pread64' },
])('case 32: a file that vanishes from its server (ESTALE) $name is left for the next run', ({ call }) => {
  const { base, put } = setUp()
  const path = put(NAME, whole)
  writeFileSync(join(base, 'flowscan.config.json'), JSON.stringify(CONFIG))
  const inject = ['-e', `trace=${call}`, '-e', `inject=${call}:error=ESTALE`]
  const argv = [
    '-f',
    '-qq',
    '-P',
    path,
    ...inject,
    process.execPath,
    CLI,
    'ingest',
    '--config',
    join(base, 'flowscan.config.json'),
  ]
  const { stderr, status } = spawnSync('strace', argv, { encoding: 'utf8', cwd: '/' })
  expect(stderr).toMatch(/left for the next run: it has gone/)
  expect(status).toBe(0)
  expect(existsSync(path)).toBe(true)
  expect(runCli(base, {}).stderr).toMatch(/1 counted/)
})

describe('several sources', () => {
  test('each has its directory, its saved and its name in the parts; all add up', async () => {
    const flows = [
      { source: 'core', dir: 'flows/core' },
      { source: 'edge', dir: 'flows/edge', saved: 'flows/edge/done' },
    ]
    const { base, put, run, octets, loaded } = setUp(flows)
    mkdirSync(join(base, 'flows', 'edge'))
    put(`core/${NAME}`, whole)
    await run()
    const once = octets()
    put(`edge/${NAME}`, whole)
    expect(await run()).toMatchObject({ [`edge/${NAME}`]: { kind: 'counted' } })
    expect(octets()).toBe(2 * once)
    expect(
      listParts(loaded.config.data, DAY)
        .map(({ source }) => source)
        .sort(),
    ).toEqual(['core', 'edge'])
    expect(savedIn(base)).toEqual([`core/${DAY}/${NAME}`])
    expect(await run()).toEqual({})
    expect(existsSync(join(base, 'flows', 'edge', 'done', DAY, NAME))).toBe(true)
  })

  test('one whose directory has gone is told, and the others go on', async () => {
    const { base, put, run } = setUp([
      { source: 'core', dir: 'flows/core' },
      { source: 'edge', dir: 'flows/edge' },
    ])
    put(`core/${NAME}`, whole)
    expect(await run()).toMatchObject({
      [`core/${NAME}`]: { kind: 'counted' },
      edge: { kind: 'unreadable', reason: expect.stringMatching(/flows\/edge: cannot be read; make it/), attempts: 1 },
    })
    expect(await run()).toMatchObject({ edge: { attempts: 2 } })
    mkdirSync(join(base, 'flows', 'edge'))
    expect(await run()).toEqual({})
  })

  test('two that reach one directory by a link are a mistake that names both', async () => {
    const { base, run } = setUp([{ source: 'core' }, { source: 'edge', dir: 'link' }])
    symlinkSync('flows', join(base, 'link'))
    await expect(run()).rejects.toMatchObject({
      exitCode: 78,
      message: expect.stringMatching(/"core" and "edge": both read/),
    })
  })

  test('a link to the directory of flow files does not lead into saved', async () => {
    const { base, run } = setUp({ dir: 'link', saved: 'flows/saved' })
    symlinkSync('flows', join(base, 'link'))
    writeFlowFiles(join(base, 'flows'), 1)
    expect(kinds(await run())).toEqual(['counted'])
    expect(await run()).toEqual({})
  })
})

describe('where collectors put their files', () => {
  const [year, month, day] = ['2024', '05', '01']
  test.each([
    ...[
      `${year}/${year}-${month}/${year}-${month}-${day}`,
      `${year}-${month}/${year}-${month}-${day}`,
      `${year}-${month}-${day}`,
      '',
    ].map((directory, at) => ({ name: `flow-capture -N ${at === 3 ? 0 : 3 - at}`, directory, file: NAME })),
    ...[
      '',
      `${year}/${month}/${day}`,
      `${year}/${month}/${day}/10`,
      `${year}/17/3`,
      `${year}/17/3/10`,
      `${year}/122`,
      `${year}/122/10`,
      `${year}-${month}-${day}`,
      `${year}-${month}-${day}/10`,
    ].map((directory, at) => ({ name: `nfcapd -S ${at}`, directory, file: 'nfcapd.202405011040' })),
    { name: 'router-1 above the date', directory: 'router-1/2024/05/01', file: NAME, place: `router-1/${NAME}` },
    { name: 'a router that is a number', directory: '10/2024/05/01', file: NAME, place: `10/${NAME}` },
  ])('$name ($directory)', ({ directory, file, place = file }: { directory: string; file: string; place?: string }) => {
    const { put, loaded } = setUp()
    const path = put(join(directory, file), whole)
    expect(discoverFlowFiles(loaded.config)).toMatchObject([{ path, name: file, place }])
  })
})

test('case 31: very many entries are listed as they come', () => {
  const { base, loaded } = setUp()
  // SPOOL_ENTRIES=1000000 on a tmpfs, two busy cores: 5.3 s, 2.6 of them CPU, 416 MiB; half of the names are those of flow files.
  const ENTRIES = Number(process.env.SPOOL_ENTRIES ?? 2000)
  for (let at = 0; at < ENTRIES; at++) {
    const name = at % 2 === 0 ? `nfcapd.${200_000_000_000 + at}` : `stranger-${at}`
    closeSync(openSync(join(base, 'flows', name), 'w'))
  }
  const began = performance.now()
  expect(discoverFlowFiles(loaded.config)).toHaveLength(ENTRIES / 2)
  // A million in a minute is 60 us each.
  expect((performance.now() - began) / ENTRIES).toBeLessThan(0.06)
})
