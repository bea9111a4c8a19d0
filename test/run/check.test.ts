import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseConfig } from '../../ingest/config/load.ts'
import type { ConfigInput } from '../../ingest/config/schema.ts'
import { checkDirectories } from '../../ingest/run/check.ts'
import { temporaryDirectory } from '../directory.ts'
import { writeFlowFiles } from '../flow-files.ts'

const CLI = new URL('../../dist/flowscan/cli.js', import.meta.url).pathname

/** What is found where this config stands, as `level subject: message`, with the directory as `.`. */
function findings(base: string, config: Partial<ConfigInput>): string[] {
  const { config: parsed } = parseConfig({ subnets: '192.0.2.0/24', ...config }, join(base, 'flowscan.config.ts'))
  return checkDirectories(parsed).map(({ level, subject, message }) =>
    `${level} ${subject}: ${message}`.replaceAll(base, '.').replace(/[\d,]+ MiB/, 'N MiB'),
  )
}

describe('check', () => {
  test('tells what waits and what will be made, and writes nothing', () => {
    const base = temporaryDirectory()
    writeFlowFiles(join(base, 'flows'), 3)
    writeFileSync(join(base, 'flows', 'tmp-v05.2024-05-01.104000+0000'), '')
    mkdirSync(join(base, 'data'))
    expect(findings(base, {})).toEqual([
      'ok flows.dir: ./flows: 3 completed flow files waiting',
      'ok data: ./data: can be written',
      'ok flows.saved: ./saved: will be made',
      'ok site.dir: ./public: will be made',
      'ok flows.saved: ./saved: on the same device as flows.dir',
      'ok data: ./data: N MiB free',
      'ok site.dir: ./public: N MiB free',
      'ok retention: no forecast before a whole day is stored',
    ])
    expect(readdirSync(base).sort()).toEqual(['data', 'flows'])
  })

  test('tells how many events there are, or what is wrong with a line', () => {
    const base = temporaryDirectory()
    const config = { site: { events: 'events.txt' } }
    const told = () => findings(base, config).filter((finding) => finding.includes('events'))
    writeFileSync(join(base, 'events.txt'), '# what happened\n2026-11-23 16:35 Power failure\n')
    expect(told()).toEqual(['ok site.events: ./events.txt: 1 event'])
    writeFileSync(join(base, 'events.txt'), '2026-11-23 16:35 Power failure\n2026-11-31 16:35 Power is back\n')
    expect(told()).toEqual(['warning site.events: ./events.txt: line 2: 2026-11-31 16:35 is no time that there is'])
  })

  test.each<{ name: string; config: Partial<ConfigInput>; found: string }>([
    {
      name: 'no flows.dir',
      config: { flows: { dir: 'nowhere' } },
      found: 'error flows.dir: ',
    },
    {
      name: 'a file of events that is not there',
      config: { site: { events: 'events.txt' } },
      found: 'warning site.events: ./events.txt: it is not there; make it, or leave site.events out',
    },
    {
      name: 'a file where a directory should be made',
      config: { data: 'file/data' },
      found: 'error data: ./file/data: ./file is not a directory; move it away, or choose another place',
    },
    {
      name: 'one place for two things',
      config: { flows: { saved: 'flows' } },
      found: 'error flows.saved: ./flows: is or lies in flows.dir (./flows); give it a place of its own',
    },
    {
      name: 'flow files where they are moved to',
      config: { flows: { dir: 'saved/flows' } },
      found: 'error flows.dir: ./saved/flows: is or lies in flows.saved (./saved); give it a place of its own',
    },
    {
      name: 'what everybody may write',
      config: { flows: { dir: 'open' } },
      found: 'error flows.dir: ./open: everybody may write here; let only the collector and flowscan: chmod o-w ./open',
    },
    {
      name: 'which of several sources it is',
      config: { flows: [{ source: 'core' }, { source: 'edge', dir: 'edge', saved: 'public/edge' }] },
      found: 'error flows.edge.saved: ./public/edge: is or lies in site.dir (./public); give it a place of its own',
    },
    {
      name: 'data in the site',
      config: { data: 'public/data' },
      found: 'error data: ./public/data: is or lies in site.dir (./public); give it a place of its own',
    },
    {
      name: 'the mirror of the site in the site',
      config: { site: { mirror: 'public/htdocs' } },
      found: 'error site.mirror: ./public/htdocs: is or lies in site.dir (./public); give it a place of its own',
    },
    {
      name: 'flow files in the mirror of the site',
      config: { flows: { dir: 'flows' }, site: { mirror: '.' } },
      found: 'error flows.dir: ./flows: is or lies in site.mirror (.); give it a place of its own',
    },
    {
      name: 'no space',
      config: { data: '/proc/flowscan' },
      found: 'error data: /proc/flowscan: N MiB free; make room, or choose another place',
    },
  ])('finds $name', ({ config, found }) => {
    const base = temporaryDirectory()
    mkdirSync(join(base, 'flows'))
    mkdirSync(join(base, 'saved', 'flows'), { recursive: true })
    mkdirSync(join(base, 'open'))
    chmodSync(join(base, 'open'), 0o777)
    mkdirSync(join(base, 'edge'))
    writeFileSync(join(base, 'file'), '')
    expect(findings(base, {}).filter((line) => !line.startsWith('ok'))).toEqual([])
    expect(findings(base, config)).toContainEqual(expect.stringContaining(found))
  })

  test.skipIf(!existsSync('/dev/shm'))('warns of another device', () => {
    const base = temporaryDirectory()
    mkdirSync(join(base, 'flows'))
    expect(findings(base, { flows: { saved: '/dev/shm/flowscan-saved' } })).toContain(
      'warning flows.saved: /dev/shm/flowscan-saved: on another device than flows.dir: every file is copied; choose a place beside flows.dir',
    )
  })
})

describe('flowscan check', () => {
  /** As nobody, where we are root: root may write everywhere. */
  function check(base: string, config: string): { status: number | null; lines: string[]; complaints: string } {
    writeFileSync(join(base, 'flowscan.config.ts'), config)
    chmodSync(base, 0o755)
    const identity = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}
    const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, 'check'], {
      cwd: base,
      encoding: 'utf8',
      ...identity,
    })
    return { status, lines: stdout.replaceAll(base, '.').split('\n'), complaints: stderr }
  }

  test('ends with 0 when all is well', () => {
    const base = temporaryDirectory()
    for (const name of ['flows', 'data', 'saved', 'public']) {
      mkdirSync(join(base, name))
      if (process.getuid?.() === 0) chownSync(join(base, name), 65_534, 65_534)
    }
    const { status, lines } = check(base, "export default { subnets: '192.0.2.0/24', routers: { r: '192.0.2.1' } }")
    expect(lines[0]).toBe('ok       config       ./flowscan.config.ts: subnets 1, routers 1')
    expect(status).toBe(0)
  })

  test('ends with 74 when a directory cannot be written', () => {
    const base = temporaryDirectory()
    mkdirSync(join(base, 'flows'))
    chmodSync(join(base, 'flows'), 0o555)
    chmodSync(base, 0o555)
    const { status, lines } = check(base, "export default { subnets: '192.0.2.0/24' }")
    const expected = process.getuid?.() === 0 ? 3 : 1
    expect(lines.filter((line) => /cannot be (written|moved)/.test(line)).length).toBeGreaterThanOrEqual(expected)
    expect(status).toBe(74)
  })

  test('ends with 78 when the config is wrong, and tells every mistake', () => {
    const { status, complaints } = check(temporaryDirectory(), "export default { subnets: '192.0.2.1/24', color: 1 }")
    expect(complaints).toMatch(/2 mistakes\n {2}subnets: "192\.0\.2\.1\/24".*\n {2}color: no such key/)
    expect(status).toBe(78)
  })
})
