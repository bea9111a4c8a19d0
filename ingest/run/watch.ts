import { basename } from 'node:path'
import { watch } from 'chokidar'
import type { Config } from '../config/schema.ts'
import { SLOT_MS } from '../model/time.ts'
import { isCompleted } from './discover.ts'

/** Ends the watching; a run that is under way is waited for. */
export type StopWatching = () => Promise<void>

/**
 * Calls `act` now, then soon after a completed flow file appears in the directory of a source (when it has settled), and every five minutes in any case, for file systems that do
 * not tell of changes. Never twice at once: what appears during a call leads to one more.
 */
export function watchFlows({ flows }: Config, act: () => Promise<void>): StopWatching {
  const { runIn, end } = createRunner(act)
  const saved = new Set(flows.map((source) => source.saved))
  const watchers = flows.map(({ dir, pattern, settleSeconds }) =>
    watch(dir, { ignoreInitial: true, ignored: (path) => saved.has(path) }).on('all', (event, path) => {
      const isWritten = event === 'add' || event === 'change'
      if (isWritten && isCompleted(basename(path), pattern)) runIn(settleSeconds * 1000 + 500)
    }),
  )
  const regularly = setInterval(() => runIn(0), SLOT_MS)
  runIn(0)
  return async () => {
    clearInterval(regularly)
    await Promise.all(watchers.map((watcher) => watcher.close()))
    await end()
  }
}

/** Editors write several names for one change. */
const CALM_MS = 100

/** Calls `act` now, then soon after anything in these places (files or directories) changes. Never twice at once. */
export function watchPlaces(places: readonly string[], act: () => Promise<void>): StopWatching {
  const { runIn, end } = createRunner(act)
  const watcher = watch([...places], { ignoreInitial: true }).on('all', () => runIn(CALM_MS))
  runIn(0)
  return async () => {
    await watcher.close()
    await end()
  }
}

/** `runIn` calls `act` once however often it is asked to meanwhile; what is asked during a call leads to one more. */
function createRunner(act: () => Promise<void>): { runIn(ms: number): void; end(): Promise<void> } {
  let pending: NodeJS.Timeout | undefined
  let running = Promise.resolve()
  return {
    runIn(ms) {
      pending ??= setTimeout(() => {
        pending = undefined
        running = running.then(act)
      }, ms)
    },
    async end() {
      clearTimeout(pending)
      await running
    },
  }
}
