import { setTimeout } from 'node:timers/promises'
import { type Run, startFlowscan } from './product.ts'
import { freshCopy, type Stage, settle, type Verdict } from './stage.ts'

/** Shares of the time of an undisturbed run: when to kill it; when a second flowscan starts beside it; when the next run, which mends, is killed, too. */
export interface Moment {
  readonly killAfter: number
  readonly secondAfter: number | null
  readonly againAfter: number | null
}

/** The `n`-th of so many: kills evenly over the whole run, every other time with a second flowscan, and every fourth twice, at any time. */
export function momentOf(n: number, count: number): Moment {
  const golden = (n * 0.618034) % 1
  return {
    killAfter: (n + 0.5) / count,
    secondAfter: n % 2 === 0 ? null : golden,
    againAfter: n % 4 === 2 ? golden : null,
  }
}

/** The second finds nothing to do, does what is left, or comes too early. */
const MAY_END_WITH = [0, 75]

/** Kills a run at a moment, while another may be at work on the same directory; then looks, runs once more and compares. */
export async function killAtMoment(
  stage: Stage,
  { killAfter, secondAfter, againAfter }: Moment,
  worker = 0,
): Promise<Verdict> {
  const { product, scenario, ms } = stage
  const base = freshCopy(stage, worker)
  const first = startAndKill(killAfter * ms)
  const second = secondAfter === null ? null : await startLater(secondAfter * ms)
  const [killed, beside] = await Promise.all([first, second?.ended])
  if (beside !== undefined && !MAY_END_WITH.includes(beside.code ?? -1))
    return broken(`the second ended with ${tell(beside)}`)
  if (againAfter !== null) await startAndKill(againAfter * ms)
  const problem = await settle(stage, base, worker)
  if (problem !== null) return broken(problem)
  return { kind: killed.signal === 'SIGKILL' ? 'sound' : 'missed' }

  async function startAndKill(afterMs: number): Promise<Run> {
    const { child, ended } = startFlowscan(product, base, scenario.command)
    await setTimeout(afterMs)
    child.kill('SIGKILL')
    return ended
  }

  async function startLater(afterMs: number) {
    await setTimeout(afterMs)
    return startFlowscan(product, base, scenario.command)
  }
}

function broken(problem: string): Verdict {
  return { kind: 'broken', problem }
}

function tell({ code, signal, stderr }: Run): string {
  return `${code ?? signal}: ${stderr.trim().slice(0, 300)}`
}
