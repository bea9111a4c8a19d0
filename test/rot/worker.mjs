import { parentPort, workerData } from 'node:worker_threads'
import { createJiti } from 'jiti'

/* A thread of rot.mjs, with a clock of its own: what `workerData` asks for, case by case. */
const jiti = createJiti(import.meta.url, { fsCache: false })
const { rot } = await jiti.import('./whole.ts')
parentPort.postMessage(await rot(workerData))
