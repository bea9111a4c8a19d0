import { setFlagsFromString } from 'node:v8'

/*
 * Flags of V8 that suit short runs and large sites. Node carries its own modules compiled for V8 as it is, and so is the command kept
 * (`../commands/loader.cjs`): what is loaded while any flag is another is compiled anew, 20 ms for a thread.
 */

/** V8's own values. With them set again, V8 is as it was. */
const OWN = { 'interrupt-budget': 67_584, 'heap-growing-percent': 0 }
type Flag = keyof typeof OWN

/** Later ones than that of Node 20 count calls instead, some thousands, and complain of a flag that they do not have. */
const HAS_BUDGET = process.versions.v8.startsWith('11.3.')

const wanted = new Map<Flag, number>()
let loading = 0

/** From now on, unless modules are being loaded. */
export function setFlag(flag: Flag, value: number): void {
  if (flag === 'interrupt-budget' && !HAS_BUDGET) return
  wanted.set(flag, value)
  apply()
}

/** Somebody, a thread too, loads modules of Node until the returned function is called. */
export function whileLoading(): () => void {
  loading++
  apply()
  let isOver = false
  return () => {
    if (isOver) return
    isOver = true
    loading--
    apply()
  }
}

function apply(): void {
  for (const [flag, value] of wanted) setFlagsFromString(`--${flag}=${loading > 0 ? OWN[flag] : value}`)
}
