import { statfsSync } from 'node:fs'
import { EXIT, UserError } from '../model/errors.ts'

/** A site and its next release take some hundred MiB. */
export const LITTLE_SPACE = 1024 * 1024 * 1024

/** There is not room enough to begin with a file: no fault of that file. */
export class NoRoom extends UserError {
  constructor(message: string) {
    super(message, EXIT.io)
  }
}

/** What counting a file may write is taken to be as much as the file, and this for the series. */
const SERIES_BYTES = 1024 * 1024
const TIMES = 3
const LEAST_INODES = 1000

/** Throws NoRoom unless a file of so many bytes can be counted and stored three times over in `directory`, which exists. */
export function assertRoom(directory: string, bytes: number): void {
  const { bavail, bsize, files, ffree } = statfsSync(directory)
  const [free, wanted] = [bavail * bsize, TIMES * (bytes + SERIES_BYTES)]
  const mend = 'make room and run again; nothing is lost, and the site stays as it is'
  if (free < wanted)
    throw new NoRoom(`${directory}: ${free} bytes free, but to count the next flow file takes ${wanted}; ${mend}`)
  // Some file systems (Btrfs) have no fixed number of them, and say 0.
  if (files > 0 && ffree < LEAST_INODES)
    throw new NoRoom(
      `${directory}: room for ${ffree} more files (inodes), at least ${LEAST_INODES} are wanted; ${mend}`,
    )
}
