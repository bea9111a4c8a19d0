import { parentPort, workerData } from 'node:worker_threads'
import type { EmitBatch } from '../decode/decoder.ts'
import { decodeFlowFile } from '../decode/index.ts'
import { copyFlows, type FlowBatch, type FlowFileSummary } from '../model/flow-batch.ts'
import { joinHeap } from '../model/heap.ts'
import { readChunks } from '../store/files.ts'
import { type DecodeNews, type DecodeTask, FREE, type Ring, STOPPED, TAKEN } from './decode-ahead.ts'
import { refuseToRead } from './descriptor.ts'
import { toFailure } from './failure.ts'

/** A thread that reads and decodes one flow file after the other, which another hashes and counts (see `decode-ahead.ts`). */
joinHeap(workerData)
parentPort!.on('message', async (task: DecodeTask) => {
  let end: DecodeNews
  try {
    end = { summary: await decode(task) }
  } catch (error) {
    end = { failure: toFailure(error) }
  }
  tell(end)
})

async function decode(task: DecodeTask): Promise<FlowFileSummary> {
  const chunks = chunksOf(task)
  try {
    const summary = await decodeFlowFile(chunks, fillBatches(task), task.timeZone)
    for await (const _ of chunks) {
      // What the decoder left unread is part of the content all the same.
    }
    return summary
  } catch (error) {
    refuseToRead(error)
  }
}

async function* chunksOf({ descriptor, chunks }: DecodeTask): AsyncGenerator<Uint8Array> {
  const turn = createTurn(chunks)
  for (const bytes of readChunks(descriptor, turn.next)) {
    tell({ chunk: turn.at(), length: bytes.length })
    yield bytes
  }
}

function fillBatches({ batches }: DecodeTask): EmitBatch {
  const turn = createTurn(batches)
  let place: FlowBatch | undefined
  let told = 0
  const nextBatch = () => {
    place = turn.next()
    place.length = 0
    return place
  }
  const emit: EmitBatch = (batch, { exporters, captureStartMs, firstExportMs }) => {
    if (batch !== place) copyFlows(batch, nextBatch())
    const known = { exporters: exporters.slice(told), captureStartMs, firstExportMs }
    tell({ batch: turn.at(), length: batch.length, known })
    told = exporters.length
  }
  return Object.assign(emit, { nextBatch })
}

/** Takes the places of a ring in turn, each when it is free. */
function createTurn<Place>({ places, states }: Ring<Place>) {
  let at = -1
  return {
    at: () => at,
    /** Throws when nobody will empty it any more. */
    next(): Place {
      at = (at + 1) % places.length
      Atomics.wait(states, at, TAKEN)
      if (Atomics.compareExchange(states, at, FREE, TAKEN) === STOPPED) throw new Error('nobody counts this any more')
      return places[at]!
    },
  }
}

function tell(news: DecodeNews): void {
  parentPort!.postMessage(news)
}
