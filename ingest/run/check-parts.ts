import { join } from 'node:path'
import { dayOf } from '../model/time.ts'
import { imbalanceOf } from '../store/conservation.ts'
import { listDays, listParts, type PartName, readPartOf } from '../store/part.ts'
import type { Findings } from './defect.ts'

/** What the parts of a store say of the files that are derived from them. */
export interface PartsFound {
  readonly count: number
  /** By day, the parts at home there. */
  readonly homes: ReadonlyMap<string, readonly PartName[]>
  /** By day, and by the day at which they are at home, the ids of the parts that reach into it. */
  readonly reaching: ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<string>>>
  /** Nobody knows where they reach. */
  readonly unread: ReadonlySet<string>
}

/** Reads every part: checksum, schema, name, and that its counts add up. */
export function checkParts(
  data: string,
  findings: Findings,
  onDay: (done: number, all: number) => void = () => {},
): PartsFound {
  const days = listDays(data)
  const homes = new Map(days.map((day) => [day, listParts(data, day)] as const).filter(([, names]) => names.length > 0))
  const reaching = new Map<string, Map<string, Set<string>>>()
  const unread = new Set<string>()
  const reach = (day: string, home: string, id: string) => {
    const byHome = reaching.get(day) ?? new Map<string, Set<string>>()
    reaching.set(day, byHome.set(home, (byHome.get(home) ?? new Set()).add(id)))
  }
  for (const [done, [home, names]] of [...homes].entries()) {
    onDay(done, homes.size)
    for (const name of names) {
      const path = join(data, 'parts', home, name.name)
      reach(home, home, name.id)
      const part = findings.look(path, () => readPartOf(data, home, name))
      if (part === null) {
        unread.add(name.id)
        continue
      }
      for (const { slot } of part.slots) reach(dayOf(slot), home, name.id)
      const imbalance = imbalanceOf(part)
      if (imbalance !== null) findings.add('unbalanced', path, imbalance)
    }
  }
  return { count: [...homes.values()].flat().length, homes, reaching, unread }
}
