import { copyFile, link as hardLink, mkdir, open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { TEMPORARY } from '../ingest/store/files.ts'

/** A file to be: where, and what is in it. */
export interface NewFile {
  readonly path: string
  readonly text: string
}

/** Flushes under way at a time: they share the journal's commits. */
const AT_ONCE = 32

/**
 * Puts files under their names, each whole or not at all, durably. Unlike the store's writes they have no order among
 * themselves, so they are flushed together: hundreds in the time of a few.
 */
export async function writeFiles(files: readonly NewFile[]): Promise<void> {
  const directories = await makeDirectories(files.map(({ path }) => dirname(path)))
  await eachAtOnce(files, writeOne)
  await eachAtOnce(directories, syncDirectory)
}

/** Returns them with those above that were new: all whose names have to be flushed. */
async function makeDirectories(paths: readonly string[]): Promise<string[]> {
  const made = new Set(paths)
  for (const path of new Set(paths)) {
    const first = await mkdir(path, { recursive: true })
    for (let above = path; first !== undefined && above.length >= first.length; above = dirname(above))
      made.add(dirname(above))
  }
  return [...made]
}

async function writeOne({ path, text }: NewFile): Promise<void> {
  const temporary = `${dirname(path)}/${TEMPORARY}${process.pid}-${counter++}`
  const handle = await open(temporary, 'w')
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(temporary, path)
}
let counter = 0

async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Gives files a second name; where the file system cannot, a copy. */
export async function linkFiles(pairs: readonly { readonly from: string; readonly to: string }[]): Promise<void> {
  for (const directory of new Set(pairs.map(({ to }) => dirname(to)))) await mkdir(directory, { recursive: true })
  await eachAtOnce(pairs, async ({ from, to }) => {
    try {
      await hardLink(from, to)
    } catch (error) {
      if (!CANNOT_LINK.has((error as NodeJS.ErrnoException).code ?? '')) throw error
      await copyFile(from, to)
    }
  })
}
const CANNOT_LINK = new Set(['EPERM', 'EMLINK', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'])

async function eachAtOnce<T>(items: readonly T[], action: (item: T) => Promise<void>): Promise<void> {
  const waiting = items.values()
  const worker = async () => {
    for (const item of waiting) await action(item)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
}
