import type { LoadedConfig } from '../config/load.ts'
import { EXIT, UserError } from '../model/errors.ts'
import { partId } from '../model/part.ts'
import { DAY_SECONDS, dayOf, SLOT_SECONDS, startOfDay } from '../model/time.ts'
import { hashFile } from '../store/files.ts'
import { commitEncoded, type PartName, shortId } from '../store/part.ts'
import { type OpenedFile, Unreadable } from './flow-file.ts'
import { isOfOneFile, listSaved, openSaved } from './saved.ts'
import { tallyTask } from './tallier.ts'

/**
 * Counts saved flow files of a day again and stores their parts. `wants`: of the ids that the part may have, one for each slot of the
 * day. Something else that lies there is no reason to stop looking. Returns the files. Throws a UserError (74) when the system does not let one be read:
 * it may hold what is wanted, and a slot that is given up stays a gap.
 */
export async function recount(
  loaded: LoadedConfig,
  day: string,
  wants: (ids: readonly string[]) => boolean,
): Promise<string[]> {
  const { config } = loaded
  const counted: string[] = []
  for (const file of listSaved(config).get(day) ?? []) {
    let opened: OpenedFile | undefined
    try {
      opened = openSaved(file)
      if (!wants(idsOf(opened.source, day, hashFile(file.path)))) continue
      const { part } = await tallyTask(opened, loaded)
      opened.assertUnchanged()
      commitEncoded(config.data, part)
      counted.push(file.path)
    } catch (error) {
      if (error instanceof Unreadable)
        throw new UserError(
          `${file.path}: cannot be read, and may hold what is to be counted again: ${error.message}; mend that, or take the file away, and run again`,
          EXIT.io,
        )
      if (!isOfOneFile(error)) throw error
    } finally {
      opened?.close()
    }
  }
  return counted
}

function idsOf(source: string, day: string, content: string): string[] {
  const slots = Array.from({ length: DAY_SECONDS / SLOT_SECONDS }, (_, at) => startOfDay(day) + at * SLOT_SECONDS)
  return slots.map((slot) => shortId(partId(source, slot, content)))
}

/** Is there a saved flow file from which a part could be made again? */
export function isSaved(config: LoadedConfig['config'], { slot, id }: PartName): boolean {
  const day = dayOf(slot)
  return (listSaved(config).get(day) ?? []).some(({ path, source: { source } }) =>
    idsOf(source, day, hashFile(path)).includes(id),
  )
}
