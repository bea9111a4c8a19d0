import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'

const DIST = new URL('../../dist/ingest/', import.meta.url).href

/** How many modules of Node a thread compiled anew, told by what Node tests itself with, in a process that optimizes late. */
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
    setFlag('interrupt-budget', 4_000_000)
    const thread = new URL('data:text/javascript,' + encodeURIComponent(${JSON.stringify(thread)}))
    ${start}.on('message', console.log)`
  const options = ['--no-warnings', '--expose-internals', '--input-type=module', '--eval', program]
  return Number(execFileSync(process.execPath, options, { encoding: 'utf8' }))
}

test('a thread takes the modules of Node as Node brings them, compiled', () => {
  expect(compiledBy('startThread(thread, {})')).toBe(0)
  expect(compiledBy('new Worker(thread)')).toBeGreaterThan(10)
})
