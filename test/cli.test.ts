import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { hashTree, temporaryDirectory } from './directory.ts'
import { CONFIG, FIXTURES, writeFlowFiles } from './flow-files.ts'

const CLI = new URL('../dist/flowscan/cli.js', import.meta.url).pathname

/** Runs the command from the root directory, as systemd does. */
function flowscan(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...args], { cwd: '/', encoding: 'utf8' })
  return { status, stdout, stderr }
}

const COMMANDS = [
  'run',
  'watch',
  'ingest',
  'build',
  'serve',
  'demo',
  'check',
  'fsck',
  'prune',
  'verify',
  'rebuild',
  'inspect',
  'query',
]

test('help names every command, and each has help with an example', () => {
  const { status, stdout } = flowscan('--help')
  expect(status).toBe(0)
  for (const command of COMMANDS) {
    expect(stdout).toMatch(new RegExp(`^ {2}${command}\\b`, 'm'))
    expect(flowscan(command, '--help').stdout, command).toMatch(/Example.*\n {2}\$ .*flowscan/)
  }
})

test.each([
  { what: 'an unknown command', args: ['fly'], status: 64, says: /unknown command 'fly'/ },
  { what: 'an unknown option', args: ['run', '--fast'], status: 64, says: /unknown option '--fast'/ },
  {
    what: 'a missing config',
    args: ['run', '--config', '/nowhere.ts'],
    status: 78,
    says: /\/nowhere.ts: no such config/,
  },
  { what: 'a damaged file', args: ['inspect', `${FIXTURES}damaged/ft-bad-magic1.ft`], status: 65, says: /byte 0: / },
  { what: 'a missing file', args: ['inspect', '/nowhere.ft'], status: 74, says: /\/nowhere.ft: cannot be read/ },
])('$what ends with $status and one plain line', ({ args, status, says }) => {
  const result = flowscan(...args)
  expect(result.status).toBe(status)
  expect(result.stderr).toMatch(says)
  expect(result.stderr).not.toMatch(/\n {4}at /)
})

test('a config with several mistakes: all of them are told', () => {
  const base = temporaryDirectory()
  const config = join(base, 'flowscan.config.json')
  writeFileSync(config, JSON.stringify({ subnets: '192.0.2.1/24', services: { web: '80' }, colour: 'red' }))
  const { status, stderr } = flowscan('run', '--config', config)
  expect(status).toBe(78)
  expect(stderr).toMatch(/192\.0\.2\.0\/24/)
  expect(stderr).toMatch(/services\.web\.ports: "80" names no protocol/)
  expect(stderr).toMatch(/colour/)
})

test('run works from any directory: flow files in, a site out; a second run finds nothing to do', () => {
  const base = temporaryDirectory()
  mkdirSync(join(base, 'flows'))
  writeFlowFiles(join(base, 'flows'), 2)
  writeFileSync(join(base, 'flowscan.config.json'), JSON.stringify(CONFIG))
  const config = join(base, 'flowscan.config.json')
  const first = flowscan('run', '--config', config)
  expect(first).toMatchObject({ status: 0, stdout: '' })
  expect(first.stderr).toMatch(/2 counted; 1 day brought up to date/)
  const second = flowscan('run', '--config', config)
  expect(second.status).toBe(0)
  expect(second.stderr).toMatch(/no new flow files/)
  expect(second.stderr).toMatch(/ 0 pages rendered/)
  const found = flowscan('query', 'total', '--config', config, '--format', 'json')
  expect(JSON.parse(found.stdout).series.total.in.octets.at(-1)).toBeGreaterThan(0)
}, 60_000)

test('a backlog is counted by several threads; damaged files among it are set aside with their byte', () => {
  const base = temporaryDirectory()
  const [path] = writeFlowFiles(join(base, 'flows'), 14)
  const damaged = join(base, 'flows', 'ft-v05.2024-05-01.120000+0000')
  writeFileSync(damaged, readFileSync(path!).subarray(0, 30))
  utimesSync(damaged, 1, 1)
  writeFileSync(join(base, 'flowscan.config.json'), JSON.stringify(CONFIG))
  const { status, stderr } = flowscan('ingest', '--config', join(base, 'flowscan.config.json'))
  expect(status).toBe(0)
  expect(stderr).toMatch(/ft-v05\.2024-05-01\.120000\+0000: set aside: byte 30: file ends within its header/)
  expect(stderr).toMatch(/14 counted, 1 set aside as damaged/)
}, 60_000)

test('case 92: a mistake in the config of a running flowscan: 78, nothing is counted, data and site stay as they are', () => {
  const base = temporaryDirectory()
  const config = join(base, 'flowscan.config.json')
  writeFlowFiles(join(base, 'flows'), 1)
  writeFileSync(config, JSON.stringify(CONFIG))
  expect(flowscan('run', '--config', config).status).toBe(0)
  writeFlowFiles(join(base, 'flows'), 2)
  const before = hashTree(base, 'flows', 'data', 'saved', 'public')
  for (const broken of [`${JSON.stringify(CONFIG)},`, JSON.stringify({ ...CONFIG, subnets: '198.51.100.1/24' }), '']) {
    writeFileSync(config, broken)
    const { status, stderr } = flowscan('run', '--config', config)
    expect(status).toBe(78)
    expect(stderr).toContain(config)
    expect(hashTree(base, 'flows', 'data', 'saved', 'public')).toEqual(before)
  }
}, 60_000)
