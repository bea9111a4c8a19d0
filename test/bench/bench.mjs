import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'
import { loadConfig } from '../../dist/ingest/config/load.js'
import { synthesizeFile } from '../../dist/ingest/synthesize/index.js'

/*
 * npm run bench [-- --flows 10000000 --runs 3]
 *
 * One large file. `flowscan ingest`: a whole process, start to end, every report counted, part and series written.
 * `warm`: the same file in a process that has read some before, as in a backlog: every report counted, part written.
 * In turn with Debian's `nfdump -s ip/bytes -n 10`, a whole process, on the same file. Medians; compare rows of one run only.
 */
const { values } = parseArgs({
  options: {
    flows: { type: 'string', default: '1000000' },
    runs: { type: 'string', default: '3' },
    only: { type: 'string', default: '' },
  },
})
const FLOWS = Number(values.flows)
const RUNS = Number(values.runs)
const SLOT = Date.parse('2026-11-23T13:00:00Z') / 1000
const ROOT = new URL('../../', import.meta.url).pathname
/** Node reads these certificates, where a machine has them, at every start (35 ms of CPU). flowscan connects to nobody. */
const { NODE_EXTRA_CA_CERTS: _, ...ENVIRONMENT } = process.env
const NFDUMP = spawnSync('nfdump', ['-V']).error === undefined
const GNU_TIME = spawnSync('/usr/bin/time', ['true']).error === undefined

/** `recompress`: the option with which Debian's nfdump writes the file anew. */
const CASES = [
  { name: 'flow-tools v5', format: 'flow-tools', compression: 'none' },
  { name: 'flow-tools v5 zlib', format: 'flow-tools', compression: 'zlib' },
  { name: 'nfcapd', format: 'nfcapd', compression: 'none' },
  { name: 'nfcapd LZ4', format: 'nfcapd', compression: 'lz4' },
  { name: 'nfcapd LZO', format: 'nfcapd', compression: 'none', recompress: '-z' },
  { name: 'nfcapd BZ2', format: 'nfcapd', compression: 'none', recompress: '-j' },
].filter(({ name, recompress }) => name.includes(values.only) && (recompress === undefined || NFDUMP))

const base = mkdtempSync(join(tmpdir(), 'flowscan-bench-'))
try {
  console.log(`${FLOWS.toLocaleString('en-US')} flows a file, median of ${RUNS} runs\n`)
  console.log(line(['file', 'MB', 'program', 'CPU s', 'wall s', 'M flows/CPU s', 'peak MB', 'CPU ratio', 'wall ratio']))
  for (const each of CASES) await measureCase(each)
} finally {
  rmSync(base, { recursive: true, force: true })
}

async function measureCase(each) {
  const path = await makeFile(each)
  const ours = []
  const theirs = []
  for (let run = 0; run < RUNS; run++) {
    ours.push(await measureFlowscan(path))
    if (NFDUMP && each.format === 'nfcapd') theirs.push(measureNfdump(path))
  }
  const size = statSync(path).size
  const [mine, other] = [median(ours), theirs.length > 0 ? median(theirs) : null]
  print(each.name, size, 'flowscan', mine, other)
  print('', null, 'warm', await measureWarm(path), other)
  if (other !== null) print('', null, 'nfdump -s', other, null)
  rmSync(path)
}

async function makeFile({ format, compression, recompress }) {
  const name = format === 'nfcapd' ? 'nfcapd.202611231300+0000' : 'ft-v05.2026-11-23.130000+0000'
  const path = join(base, name)
  await synthesizeFile({ path, format, compression, flows: FLOWS, slot: SLOT })
  if (recompress === undefined) return path
  execFileSync('nfdump', ['-r', path, recompress, '-w', `${path}.new`], { stdio: 'ignore' })
  renameSync(`${path}.new`, path)
  return path
}

/** Ingests the file into an empty store; `saved: false` leaves it where it is. */
function measureFlowscan(path) {
  return withHome(path, (home, config) => {
    const used = measureProcess([process.execPath, `${ROOT}dist/flowscan/cli.js`, 'ingest', '-c', config])
    if (readdirSync(join(home, 'data', 'parts')).length !== 1) throw new Error('flowscan did not count the file')
    return used
  })
}

function measureWarm(path) {
  return withHome(path, (home, config) => {
    mkdirSync(join(home, 'data'))
    const file = join(home, 'flows', basename(path))
    const { stdout, stderr } = spawnSync(process.execPath, [`${ROOT}test/bench/warm.mjs`, config, file, String(RUNS)], {
      env: ENVIRONMENT,
      encoding: 'utf8',
    })
    if (stdout === '') throw new Error(`flowscan failed: ${stderr}`)
    return JSON.parse(stdout)
  })
}

/** A directory of its own with the shipped config, compiled already, as after any run but the first; the file in `flows`. */
async function withHome(path, measure) {
  const home = mkdtempSync(join(base, 'run-'))
  const config = join(home, 'flowscan.config.ts')
  mkdirSync(join(home, 'flows'))
  writeFileSync(
    config,
    `import campus from '${ROOT}flowscan.config.ts'
export default { ...campus, flows: { dir: 'flows', saved: false, settleSeconds: 0 }, data: 'data' }\n`,
  )
  await loadConfig(config)
  renameSync(path, join(home, 'flows', basename(path)))
  const measured = measure(home, config)
  renameSync(join(home, 'flows', basename(path)), path)
  rmSync(home, { recursive: true })
  return measured
}

function measureNfdump(path) {
  return measureProcess(['nfdump', '-r', path, '-s', 'ip/bytes', '-n', '10'])
}

/** User and system time of a process as the shell that waits for it tells, in seconds; its peak memory where GNU time is installed. */
function measureProcess(argv) {
  const memory = join(base, 'memory')
  const words = [...(GNU_TIME ? ['/usr/bin/time', '-f', '%M', '-o', memory] : []), ...argv]
  const command = `TIMEFORMAT='%U %S %R'; time "$@" >/dev/null 2>"${base}/errors"`
  const { status, stderr } = spawnSync('bash', ['-c', command, 'bash', ...words], {
    env: ENVIRONMENT,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`${argv.join(' ')} failed: ${readFileSync(join(base, 'errors'), 'utf8')}`)
  const [user, system, wall] = stderr.trim().split(' ').map(Number)
  return { cpu: user + system, wall, memory: GNU_TIME ? Number(readFileSync(memory, 'utf8')) * 1024 : Number.NaN }
}

function median(runs) {
  const of = (key) => runs.map((run) => run[key]).sort((a, b) => a - b)[Math.floor(runs.length / 2)]
  return { cpu: of('cpu'), wall: of('wall'), memory: of('memory') }
}

function print(name, size, program, { cpu, wall, memory }, other) {
  const ratio = (mine, theirs) => (theirs === undefined ? '' : (mine / theirs).toFixed(2))
  const cells = [
    name,
    size === null ? '' : (size / 1e6).toFixed(0),
    program,
    cpu.toFixed(2),
    wall.toFixed(2),
    (FLOWS / cpu / 1e6).toFixed(2),
    Number.isNaN(memory) ? '-' : (memory / 1e6).toFixed(0),
    ratio(cpu, other?.cpu),
    ratio(wall, other?.wall),
  ]
  console.log(line(cells))
}

function line(cells) {
  return cells
    .map((cell, at) => (at === 0 ? cell.padEnd(20) : at === 2 ? cell.padEnd(10) : cell.padStart(8)))
    .join('  ')
}
