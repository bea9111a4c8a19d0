import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { hashTree, temporaryDirectory } from '../directory.ts'
import { CONFIG, writeFlowFiles } from '../flow-files.ts'

/*
 * Promise 9 of the store: SIGKILL at any moment, run again, and the state is byte-identical to that of an undisturbed
 * run. Moments are spread over the whole run by time, and every other one over its files, which no load of the machine
 * shifts; three kills in a row before each recovery.
 */
const CLI = new URL('../../dist/flowscan/cli.js', import.meta.url).pathname
const FILES = 12
const KILLS = 24
const KILLS_IN_A_ROW = 3

interface Run {
  readonly signal: NodeJS.Signals | null
  readonly code: number | null
  readonly ms: number
}

/** When to kill: after a time, or as soon as no more than so many flow files wait. */
type Moment = { readonly afterMs: number } | { readonly whenWaiting: number }

/** Runs `flowscan ingest`; kills it at a moment. */
function runIngest(base: string, moment?: Moment): Promise<Run> {
  const began = performance.now()
  const child = spawn(process.execPath, [CLI, 'ingest', '--config', join(base, 'flowscan.config.json')], {
    cwd: '/',
    stdio: 'ignore',
  })
  const timer = setInterval(() => {
    if (moment === undefined) return
    const isNow =
      'afterMs' in moment ? performance.now() - began >= moment.afterMs : waitingIn(base) <= moment.whenWaiting
    if (isNow) child.kill('SIGKILL')
  }, 1)
  return new Promise((resolve) => {
    child.on('exit', (code, signal) => {
      clearInterval(timer)
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

const waitingIn = (base: string) => readdirSync(join(base, 'flows')).length

const stateOf = (base: string) => hashTree(base, 'data/parts', 'data/series', 'data/boards', 'saved', 'flows')

test(`${KILLS} times killed, always the same bytes in the end`, async () => {
  const waiting = temporaryDirectory()
  writeFlowFiles(waiting, FILES)
  const undisturbed = setUp()
  cpSync(waiting, join(undisturbed, 'flows'), { recursive: true, preserveTimestamps: true })
  await runIngest(undisturbed)
  const expected = stateOf(undisturbed)
  expect(Object.keys(expected).filter((path) => path.startsWith('saved'))).toHaveLength(FILES)
  const idle = (await runIngest(undisturbed)).ms
  const timed = setUp()
  cpSync(waiting, join(timed, 'flows'), { recursive: true, preserveTimestamps: true })
  const { ms } = await runIngest(timed)

  let killed = 0
  let midway = 0
  for (let round = 0; killed < KILLS; round++) {
    const base = setUp()
    cpSync(waiting, join(base, 'flows'), { recursive: true, preserveTimestamps: true })
    for (let kill = 0; kill < KILLS_IN_A_ROW; kill++) {
      const at = round * KILLS_IN_A_ROW + kill
      const before = waitingIn(base)
      // By time: from just before the work begins to the end of it, evenly but never twice the same.
      const moment =
        at % 2 === 0 || before === 0
          ? { afterMs: idle * 0.6 + (ms - idle * 0.6) * ((at / KILLS) % 1) }
          : { whenWaiting: Math.floor((before * (at % 11)) / 11) }
      const { signal } = await runIngest(base, moment)
      if (signal === 'SIGKILL') killed++
      const left = waitingIn(base)
      if (left > 0 && left < FILES) midway++
    }
    expect((await runIngest(base)).code).toBe(0)
    expect(stateOf(base)).toEqual(expected)
    expect(round).toBeLessThan(KILLS)
  }
  expect(killed).toBeGreaterThanOrEqual(KILLS)
  expect(midway).toBeGreaterThan(2)
}, 300_000)
