import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import type { NewFile } from './write.ts'

/*
 * Packed twins: `index.html.gz` beside `index.html`. A web server sends them to whoever takes them, and packs nothing itself. What a
 * twin holds depends on its file alone.
 */
const TEXT = /\.(html|css|js|json|csv|svg|xml)$/
const ASSET = /^assets\//
const NUMBERS = /\.(csv|json)$/

/**
 * A page is packed once and asked for now and then: level 4 takes half the time of zlib's own 6, for 5 % more bytes. Assets are
 * packed when they change, which is hardly ever: as small as can be.
 */
const PAGE_LEVEL = 4
const ASSET_LEVEL = 9
/** What lies beside pages is asked for seldom and packed with every slot: half the time of 4 for 2 % (JSON) to 6 % (CSV) more bytes. */
const NUMBERS_LEVEL = 2

/** The names of files (below the root of the site), each followed by those of its twins. */
export function withTwinNames(files: readonly string[]): string[] {
  return files.flatMap((file) => [file, ...endingsOf(file).map((ending) => file + ending)])
}

/** Files, each followed by its twins. Paths are below the root of the site. */
export function withTwins(files: readonly NewFile[]): NewFile[] {
  return files.flatMap(({ path, text }) => {
    // Once for all of them: a text of many megabytes takes its time to become bytes.
    const file = { path, text: typeof text === 'string' ? Buffer.from(text) : text }
    return [file, ...endingsOf(path).map((ending) => twinOf(file, ending))]
  })
}

type Ending = '.gz' | '.br'

function endingsOf(path: string): Ending[] {
  if (!TEXT.test(path)) return []
  return ASSET.test(path) ? ['.gz', '.br'] : ['.gz']
}

function twinOf({ path, text }: NewFile, ending: Ending): NewFile {
  const level = ASSET.test(path) ? ASSET_LEVEL : NUMBERS.test(path) ? NUMBERS_LEVEL : PAGE_LEVEL
  const packed =
    ending === '.gz'
      ? gzipSync(text, { level })
      : brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY } })
  return { path: path + ending, text: packed }
}
