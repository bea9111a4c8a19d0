import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { hashTree, temporaryDirectory } from '../directory.ts'
import { CONFIG, writeFlowFiles } from '../flow-files.ts'

/*
 * Promise 9 of the store: SIGKILL at any moment, run again, and the state is byte-identical to that of an undisturbed
 * run. Moments are spread over the whole run, three kills in a row before each recovery.
 */
const CLI = new URL('../../dist/ingest/cli.js', import.meta.url).pathname
const FILES = 12
const KILLS = 54
const KILLS_IN_A_ROW = 3

interface Run {
  readonly signal: NodeJS.Signals | null
  readonly code: number | null
  readonly ms: number
}

/** Runs `flowscan ingest`; kills it after `killMs`. */
function runIngest(base: string, killMs?: number): Promise<Run> {
  const began = performance.now()
  const child = spawn(process.execPath, [CLI, 'ingest', '--config', join(base, 'flowscan.config.json')], {
    cwd: '/',
    stdio: 'ignore',
  })
  const timer = killMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killMs)
  return new Promise((resolve) => {
    child.on('exit', (code, signal) => {
      clearTimeout(timer)
      resolve({ code, signal, ms: performance.now() - began })
    })
  })
}

function setUp(): string {
  const base = temporaryDirectory()
  mkdirSync(join(base, 'flows'))
  writeFileSync(join(base, 'flowscan.config.json'), JSON.stringify(CONFIG))
  return base
}

const stateOf = (base: string) => hashTree(base, 'data/parts', 'data/series', 'data/boards', 'saved', 'flows')

test(`${KILLS} times killed, always the same bytes in the end`, async () => {
  const waiting = temporaryDirectory()
  writeFlowFiles(waiting, FILES)
  const undisturbed = setUp()
  cpSync(waiting, join(undisturbed, 'flows'), { recursive: true, preserveTimestamps: true })
  const { ms } = await runIngest(undisturbed)
  const expected = stateOf(undisturbed)
  expect(Object.keys(expected).filter((path) => path.startsWith('saved'))).toHaveLength(FILES)
  const idle = (await runIngest(undisturbed)).ms

  let killed = 0
  let midway = 0
  for (let round = 0; killed < KILLS; round++) {
    const base = setUp()
    cpSync(waiting, join(base, 'flows'), { recursive: true, preserveTimestamps: true })
    for (let kill = 0; kill < KILLS_IN_A_ROW; kill++) {
      // From just before the work begins to the end of it, evenly but never twice the same.
      const at = (round * KILLS_IN_A_ROW + kill) / KILLS
      const { signal } = await runIngest(base, idle * 0.6 + (ms - idle * 0.6) * (at % 1))
      if (signal === 'SIGKILL') killed++
      const left = readdirSync(join(base, 'flows')).length
      if (left > 0 && left < FILES) midway++
    }
    expect((await runIngest(base)).code).toBe(0)
    expect(stateOf(base)).toEqual(expected)
    expect(round).toBeLessThan(KILLS)
  }
  expect(killed).toBeGreaterThanOrEqual(50)
  expect(midway).toBeGreaterThan(5)
}, 300_000)
