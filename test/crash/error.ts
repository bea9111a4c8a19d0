import type { Run } from './product.ts'
import { disturbInHost, LOOKING, MUTATING, type Point, type Stage, settle, type Verdict } from './stage.ts'
import { differenceOf } from './state.ts'

/** What disks answer most. */
const COMMON = ['EIO', 'ENOSPC', 'EACCES', 'EMFILE']
/** What the disk may answer where something changes, and where somebody only looks. */
const REFUSALS = [...COMMON, 'EDQUOT', 'EROFS', 'EINTR']
const OF_LOOKING = ['EIO', 'EACCES', 'EMFILE', 'EINTR']
/** Of some calls, besides or instead. After EINTR of getdents64, which no local file system gives, libuv forgets the names it had. */
const OTHERS: { readonly [call: string]: readonly string[] } = {
  rename: ['EXDEV', ...REFUSALS],
  close: ['EIO'],
  getdents64: OF_LOOKING.filter((error) => error !== 'EINTR'),
}

/** A point and what strace makes of the call there. */
export interface Trouble {
  readonly point: Point
  /** `error=EIO`; `retval=0`: nothing was written, which is no error but a short write. */
  readonly what: string
}

/** Every trouble of a stage, the common ones of all calls first. */
export function troublesOf({ points }: Stage): Trouble[] {
  const isCommon = ({ what }: Trouble) => COMMON.includes(what.replace('error=', ''))
  const all = allTroubles(points)
  return [...all.filter(isCommon), ...all.filter((trouble) => !isCommon(trouble))]
}

function allTroubles(points: readonly Point[]): Trouble[] {
  return withoutSiblings(points).flatMap((point) => {
    const { call, what } = point
    const isChanging = MUTATING.includes(call) && (call !== 'openat' || what.startsWith('create '))
    const errors = OTHERS[call] ?? (isChanging ? REFUSALS : OF_LOOKING)
    const short = /^p?write/.test(call) ? ['retval=0'] : []
    return [...errors.map((error) => `error=${error}`), ...short].map((trouble) => ({ point, what: trouble }))
  })
}

const MANY = 24

/** Of looks at hundreds of names that differ only in digits (the days of a year), the first two and the last stand for all. */
function withoutSiblings(points: readonly Point[]): Point[] {
  const families = new Map<string, Point[]>()
  for (const point of points) {
    const family =
      LOOKING.includes(point.call) || point.what.startsWith('openat ') ? point.what.replace(/\d+/g, '0') : point.what
    families.set(family, [...(families.get(family) ?? []), point])
  }
  return [...families.values()].flatMap((family) =>
    family.length > MANY ? [...family.slice(0, 2), family.at(-1)!] : family,
  )
}

/**
 * Lets one call of a run fail. The run either ends well, with all that an undisturbed one gives, or tells so by its exit code;
 * nothing that was there is lost, and one more run gives the bytes of an undisturbed one.
 */
export function failAt(stage: Stage, { point, what }: Trouble, worker = 0): Promise<Verdict> {
  return disturbInHost(
    stage,
    point,
    what,
    worker,
    async (run, base) => misbehaviourOf(stage, run, base) ?? (await settle(stage, base, worker)),
  )
}

const BUG = 70

/** A flow file that could not be read waits for the next run, which is told, and is no failure of the run. */
const WAITS = /: (cannot be read|left for the next run)/

/** Node and libuv check some calls of their own and abort where one fails: that is judged as a kill is. */
function misbehaviourOf({ scenario, expected }: Stage, { code, stderr }: Run, base: string): string | null {
  if (code === BUG) return `the run ended as if by a bug: ${stderr.trim().slice(0, 300)}`
  if (code === 0 && WAITS.test(stderr)) return null
  const difference = code === 0 ? differenceOf(expected, scenario.stateOf(base)) : null
  return difference === null ? null : `the run ended with 0, but ${difference}; it said: ${stderr.trim().slice(0, 300)}`
}
