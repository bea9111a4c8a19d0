import { parentPort, workerData } from 'node:worker_threads'
import { copyFlows } from '../model/flow-batch.ts'
import type { DecodeNews, DecodeTask } from './decode-ahead.ts'
import { decodeDescriptor } from './descriptor.ts'
import { toFailure } from './failure.ts'

/* A thread that decodes one flow file into batches that another counts (see `decode-ahead.ts`). */
const { descriptor, timeZone, batches, isFree } = workerData as DecodeTask
const tell = (news: DecodeNews) => parentPort!.postMessage(news)

let next = 0
let told = 0
try {
  const summary = await decodeDescriptor(
    descriptor,
    timeZone,
    (batch, { exporters, captureStartMs, firstExportMs }) => {
      Atomics.wait(isFree, next, 0)
      Atomics.store(isFree, next, 0)
      copyFlows(batch, batches[next]!)
      const known = { exporters: exporters.slice(told), captureStartMs, firstExportMs }
      tell({ filled: next, length: batch.length, known })
      told = exporters.length
      next = (next + 1) % batches.length
    },
  )
  tell({ summary })
} catch (error) {
  tell({ failure: toFailure(error) })
}
