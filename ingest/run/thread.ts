import { Worker, type WorkerOptions } from 'node:worker_threads'
import { whileLoading } from '../model/v8-flags.ts'

/** Starts a thread. Its first message tells that it has loaded its modules. */
export function startThread(module: URL, options: WorkerOptions): Worker {
  const loaded = whileLoading()
  return new Worker(module, options).once('message', loaded).once('exit', loaded)
}
