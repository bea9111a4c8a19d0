import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { synthesizeFile } from '../../dist/ingest/synthesize/index.js'

/*
 * node test/bench/backlog.mjs [--days 30 --flows 10000]
 *
 * A month's flow files that wait all at once, 288 a day, read by one `flowscan ingest`, start to end: parts, series, boards, sealing, and every
 * file moved to `saved`. Making the files takes longer than reading them.
 */
const { values } = parseArgs({
  options: { days: { type: 'string', default: '30' }, flows: { type: 'string', default: '10000' } },
})
const FILES = Number(values.days) * 288
const FROM = Date.parse('2026-10-26T00:00:00Z') / 1000
const ROOT = new URL('../../', import.meta.url).pathname

const home = mkdtempSync(join(tmpdir(), 'flowscan-backlog-'))
try {
  await makeFiles()
  const config = join(home, 'flowscan.config.ts')
  writeFileSync(
    config,
    `import campus from '${ROOT}flowscan.config.ts'
export default { ...campus, flows: { dir: 'flows', saved: 'saved', settleSeconds: 0 }, data: 'data' }\n`,
  )
  const usage = join(home, 'usage.json')
  const began = performance.now()
  const { status, stderr } = spawnSync(
    process.execPath,
    ['--import', `${ROOT}test/bench/usage.mjs`, `${ROOT}dist/flowscan/cli.js`, 'ingest', '-c', config],
    { env: { ...process.env, USAGE: usage }, encoding: 'utf8', maxBuffer: 1 << 30 },
  )
  const wall = (performance.now() - began) / 1000
  const waiting = readdirSync(join(home, 'flows')).length
  if (status !== 0 || waiting > 0)
    throw new Error(`flowscan failed (${status}), ${waiting} files left: ${stderr.slice(-2000)}`)
  const { cpu, memory } = JSON.parse(readFileSync(usage, 'utf8'))
  console.log(
    [
      `${FILES} files of ${values.flows} flows: ${wall.toFixed(1)} s, ${cpu.toFixed(1)} CPU s`,
      `${((wall * 1000) / FILES).toFixed(1)} ms a file, peak ${(memory / 1e6).toFixed(0)} MB`,
      `${((FILES * 300) / wall).toFixed(0)} times real time`,
    ].join('; '),
  )
} finally {
  rmSync(home, { recursive: true, force: true })
}

async function makeFiles() {
  mkdirSync(join(home, 'flows'))
  for (let at = 0; at < FILES; at++) {
    const slot = FROM + at * 300
    const stamp = new Date(slot * 1000).toISOString().replace(/[-:T]/g, '').slice(0, 12)
    const path = join(home, 'flows', `nfcapd.${stamp}+0000`)
    await synthesizeFile({ path, format: 'nfcapd', compression: 'lz4', flows: Number(values.flows), slot, seed: at })
    utimesSync(path, slot, slot)
  }
}
