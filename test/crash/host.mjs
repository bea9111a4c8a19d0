import { readdirSync, writeSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout } from 'node:timers/promises'
import { withoutChance } from './chance.mjs'

/*
 * Runs flowscan's command line again and again in one process, which has then loaded its modules: `node host.mjs CLI`, where each line of the
 * standard input is a JSON list of arguments. The end of a run is told on the standard error, in a line that begins with NUL.
 */
const cli = process.argv[2]
/** Called with the exit code by a run that ends. */
let end
process.exit = (code) => end(code)
const descriptors = () => readdirSync('/proc/self/fd').length
const resources = () => process.getActiveResourcesInfo().filter((name) => name !== 'Timeout').length

let number = 0
for await (const line of createInterface({ input: process.stdin })) {
  const before = [descriptors(), resources()]
  process.argv = [process.argv[0], cli, ...JSON.parse(line)]
  process.exitCode = undefined
  const ended = new Promise((resolve) => {
    end = resolve
  })
  withoutChance()
  await import(`${cli}?run=${number}`)
  const code = await ended
  tell(number++, code, await isAsBefore(...before))
}

/** What a run that failed left under way comes to its end; what stays open then would be in the way of the next. */
async function isAsBefore(openBefore, activeBefore) {
  try {
    for (let waits = 0; waits < 50 && resources() > activeBefore; waits++) await setTimeout(2)
    return resources() <= activeBefore && descriptors() <= openBefore
  } catch {
    return false
  }
}

/** Twice: one call at most fails. */
function tell(run, code, isClean) {
  for (let times = 0; times < 2; times++) {
    try {
      writeSync(2, `\0${JSON.stringify({ run, code, isClean })}\n`)
    } catch {}
  }
}
