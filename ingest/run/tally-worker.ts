import { parentPort, workerData } from 'node:worker_threads'
import { toFailure } from './failure.ts'
import { type TallyAnswer, type TallyConfig, type TallyTask, tallyTask } from './tallier.ts'

/** A thread that counts one flow file after the other (see `Pool` in `tallier.ts`). */
parentPort!.on('message', async (task: TallyTask) => {
  let answer: TallyAnswer
  try {
    answer = { tallied: await tallyTask(task, workerData as TallyConfig) }
  } catch (error) {
    answer = toFailure(error)
  }
  parentPort!.postMessage(answer)
})
parentPort!.postMessage('ready')
