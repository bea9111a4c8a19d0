import { dayOf } from '../model/time.ts'
import { imbalanceOf } from '../store/conservation.ts'
import {
  listDays,
  listLoose,
  listStoredParts,
  looseDirectory,
  type PartName,
  readPart,
  thatCount,
} from '../store/part.ts'
import { listOrphans, sealedDirectory, segmentPath } from '../store/segment.ts'
import { findDamagedMarks } from '../store/superseded.ts'
import type { Findings } from './defect.ts'

/** What the parts of a store say of the files that are derived from them. */
export interface PartsFound {
  readonly count: number
  /** By day, the parts at home there that count. */
  readonly homes: ReadonlyMap<string, readonly PartName[]>
  /** By day, and by the day at which they are at home, the ids of the parts that reach into it. */
  readonly reaching: ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<string>>>
  /** Nobody knows where they reach. */
  readonly unread: ReadonlySet<string>
}

/** Reads every part, also those that are superseded: checksum, schema, name, and that its counts add up. */
export function checkParts(
  data: string,
  findings: Findings,
  onDay: (done: number, all: number) => void = () => {},
): PartsFound {
  const stored = new Map(listDays(data).map((day) => [day, listWhole(data, day, findings)]))
  const homes = new Map([...stored].map(([day, names]) => [day, thatCount(data, day, names)]))
  const reaching = new Map<string, Map<string, Set<string>>>()
  const unread = new Set<string>()
  const reach = (day: string, home: string, id: string) => {
    const byHome = reaching.get(day) ?? new Map<string, Set<string>>()
    reaching.set(day, byHome.set(home, (byHome.get(home) ?? new Set()).add(id)))
  }
  for (const [done, [home, names]] of [...stored].entries()) {
    onDay(done, stored.size)
    const counting = new Set(homes.get(home))
    for (const name of names) {
      const { path } = name
      const counts = counting.has(name)
      if (counts) reach(home, home, name.id)
      const part = findings.look(path, () => readPart(data, name))
      if (part === null) {
        unread.add(name.id)
        continue
      }
      if (counts) for (const { slot } of part.slots) reach(dayOf(slot), home, name.id)
      const imbalance = imbalanceOf(part)
      if (imbalance !== null) findings.add('unbalanced', path, imbalance)
    }
    for (const { path, found } of findDamagedMarks(looseDirectory(data, home))) findings.add('damage', path, found)
  }
  for (const orphan of listOrphans(data))
    findings.add('pending', segmentPath(data, orphan), 'a segment without its ledger')
  return { count: [...stored.values()].flat().length, homes, reaching, unread }
}

/** Of a day whose ledger is damaged, only what lies in files of its own. */
function listWhole(data: string, day: string, findings: Findings): readonly PartName[] {
  return findings.look(sealedDirectory(data), () => listStoredParts(data, day)) ?? listLoose(data, day)
}
