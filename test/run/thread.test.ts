import { execFileSync, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryDirectory } from '../directory.ts'

const CLI = new URL('../../dist/flowscan/cli.js', import.meta.url).pathname
const DIST = new URL('../../dist/ingest/', import.meta.url).href

/** How many modules of Node a thread compiled anew, told by what Node tests itself with, in a process with another flag. */
function compiledBy(start: string): number {
  const thread = `
    import { createRequire } from 'node:module'
    import { parentPort } from 'node:worker_threads'
    const { internalBinding } = createRequire('file:///')('internal/test/binding')
    parentPort.postMessage(internalBinding('builtins').getCacheUsage().compiledWithoutCache.size)`
  const program = `
    import { Worker } from 'node:worker_threads'
    import { setFlag } from '${DIST}model/v8-flags.js'
    import { startThread } from '${DIST}run/thread.js'
    setFlag('heap-growing-percent', 60)
    const thread = new URL('data:text/javascript,' + encodeURIComponent(${JSON.stringify(thread)}))
    ${start}.on('message', console.log)`
  const options = ['--no-warnings', '--expose-internals', '--input-type=module', '--eval', program]
  return Number(execFileSync(process.execPath, options, { encoding: 'utf8' }))
}

test('a thread takes the modules of Node as Node brings them, compiled', () => {
  expect(compiledBy('startThread(thread, {})')).toBe(0)
  expect(compiledBy('new Worker(thread)')).toBeGreaterThan(10)
})

test('the command does, too', () => {
  const probe = join(temporaryDirectory(), 'probe.cjs')
  writeFileSync(
    probe,
    `const { internalBinding } = require('internal/test/binding')
    process.on('exit', () => console.log(internalBinding('builtins').getCacheUsage().compiledWithoutCache.size))`,
  )
  const config = new URL('../../flowscan.config.ts', import.meta.url).pathname
  const options = ['--no-warnings', '--expose-internals', '--require', probe, CLI, 'check', '--config', config]
  const { stdout } = spawnSync(process.execPath, options, { encoding: 'utf8' })
  expect(Number(stdout.trim().split('\n').at(-1))).toBeLessThan(5)
})
