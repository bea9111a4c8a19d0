import { parentPort } from 'node:worker_threads'
import { copyFlows } from '../model/flow-batch.ts'
import type { DecodeNews, DecodeTask } from './decode-ahead.ts'
import { decodeDescriptor } from './descriptor.ts'
import { toFailure } from './failure.ts'

/** A thread that decodes one flow file after the other into batches that another counts (see `decode-ahead.ts`). */
parentPort!.on('message', async (task: DecodeTask) => {
  let end: DecodeNews
  try {
    end = { summary: await decode(task) }
  } catch (error) {
    end = { failure: toFailure(error) }
  }
  tell(end)
})

function decode({ descriptor, timeZone, batches, isFree }: DecodeTask) {
  let next = 0
  let told = 0
  return decodeDescriptor(descriptor, timeZone, (batch, { exporters, captureStartMs, firstExportMs }) => {
    Atomics.wait(isFree, next, 0)
    Atomics.store(isFree, next, 0)
    copyFlows(batch, batches[next]!)
    const known = { exporters: exporters.slice(told), captureStartMs, firstExportMs }
    tell({ filled: next, length: batch.length, known })
    told = exporters.length
    next = (next + 1) % batches.length
  })
}

function tell(news: DecodeNews): void {
  parentPort!.postMessage(news)
}
