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
  let pending: NodeJS.Timeout | undefined
  let running = Promise.resolve()
  const runIn = (ms: number): void => {
    pending ??= setTimeout(() => {
      pending = undefined
      running = running.then(act)
    }, ms)
  }
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
    clearTimeout(pending)
    await Promise.all(watchers.map((watcher) => watcher.close()))
    await running
  }
}
