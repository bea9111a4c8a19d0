import { createHash, randomBytes } from 'node:crypto'
import {
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, relative } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { toJson } from '../model/counter.ts'
import { EXIT, UserError } from '../model/errors.ts'

/*
 * The only file that writes to disk. Every write is: a temporary name in the same directory, all bytes, fsync, rename,
 * fsync of the directory. So a name either holds what was meant, whole, or what it held before.
 * Calls are synchronous on purpose: their order is the order of the promises.
 */

/** Prefix of names that nobody but a running write owns. */
export const TEMPORARY = '.tmp-'

/** A stored file that is not what was written: torn, flipped, or of a newer flowscan. */
export class DamagedFile extends UserError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, EXIT.io, options)
  }
}

/** Puts `bytes` under `path`, durably. */
export function writeFileDurably(path: string, bytes: Uint8Array): void {
  writePiecesDurably(path, [bytes])
}

/** `writeFileDurably` for what is too much to hold at once: pieces, written one behind the other. */
export function writePiecesDurably(path: string, pieces: Iterable<Uint8Array>): void {
  makeDirectory(dirname(path))
  const temporary = temporaryFor(path)
  const descriptor = openSync(temporary, 'wx')
  try {
    try {
      for (const bytes of pieces) for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at)
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
  syncDirectory(dirname(path))
}

/** Removes files of one directory, durably, and then the directory if `andDirectory` and nothing else is in it. What has gone already is no error. */
export function removeFiles(directory: string, names: readonly string[], andDirectory = false): void {
  if (!isThere(directory)) return
  for (const name of names) rmSync(join(directory, name), { force: true })
  if (names.length > 0) syncDirectory(directory)
  if (!andDirectory || readdirSync(directory).length > 0) return
  rmdirSync(directory)
  syncDirectory(dirname(directory))
}

/** Makes a directory and those above it; each new name is durable. */
export function makeDirectory(path: string): void {
  if (existsSync(path)) return
  makeDirectory(dirname(path))
  try {
    mkdirSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  syncDirectory(dirname(path))
}

export function syncDirectory(path: string): void {
  const descriptor = openSync(path, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/** Makes the bytes of a file durable: fsync(2) is the same for both. */
export const syncFile = syncDirectory

function temporaryFor(path: string): string {
  return join(dirname(path), `${TEMPORARY}${process.pid}-${randomBytes(6).toString('hex')}`)
}

/**
 * Stores a JSON value as gzip of two lines: the value, then the SHA-256 of that line. `zcat FILE | jq` shows both.
 * Returns the SHA-256. The same value always gives the same bytes.
 */
export function writeJson(path: string, value: unknown): string {
  const { bytes, sha256 } = encodeJson(value)
  writeFileDurably(path, bytes)
  return sha256
}

/** Stores durably, reads back and compares. Throws DamagedFile when the disk does not hold what was written. */
export function writeVerified(path: string, bytes: Uint8Array): void {
  writeFileDurably(path, bytes)
  if (!readFileSync(path).equals(bytes))
    throw new DamagedFile(`${path}: reads back other than it was written; is the disk failing?`)
}

/** What `writeJson` would store. */
export function encodeJson(value: unknown): { bytes: Uint8Array; sha256: string } {
  const line = toJson(value)
  const sha256 = createHash('sha256').update(line).digest('hex')
  return { bytes: gzipSync(`${line}\n${JSON.stringify({ sha256 })}\n`, { level: 4 }), sha256 }
}

/** What `writeJson` stored, verified, with its SHA-256. `null` when there is no such file; throws DamagedFile when it is not whole. */
export function readJson(path: string): { value: unknown; sha256: string } | null {
  const stored = readJsonBytes(path)
  return stored && { value: parseJson(stored.json), sha256: stored.sha256 }
}

/** The same, and not a value yet: as that it may take several times the room. */
export function readJsonBytes(path: string): { json: Uint8Array; sha256: string } | null {
  let bytes: Uint8Array
  try {
    bytes = readFileSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
  return checkJson(bytes, path)
}

export function parseJson(json: Uint8Array): unknown {
  return JSON.parse(Buffer.from(json.buffer, json.byteOffset, json.byteLength).toString('utf8'))
}

/** `readJson` of bytes that were read from `place`, a name for the error. Throws DamagedFile. */
export function decodeJson(bytes: Uint8Array, place: string): { value: unknown; sha256: string } {
  const { json, sha256 } = checkJson(bytes, place)
  return { value: parseJson(json), sha256 }
}

/** Are these bytes what `encodeJson` made? Throws DamagedFile. Spares making the value of them. */
export function checkJson(bytes: Uint8Array, place: string): { json: Uint8Array; sha256: string } {
  try {
    const unpacked = gunzipSync(bytes, { chunkSize: roomFor(bytes) })
    const end = unpacked.indexOf('\n')
    const [json, trailer] = end < 0 ? [unpacked, ''] : [unpacked.subarray(0, end), unpacked.toString('utf8', end + 1)]
    const { sha256 } = JSON.parse(trailer.split('\n', 1)[0]!) as { sha256: string }
    if (createHash('sha256').update(json).digest('hex') !== sha256) throw new Error('its checksum does not fit')
    return { json, sha256 }
  } catch (error) {
    throw new DamagedFile(`${place}: stored file is damaged (${(error as Error).message})`, { cause: error })
  }
}

const [LEAST_ROOM, MOST_ROOM] = [1 << 10, 64 << 20]

/**
 * Bytes to unpack into at a time. The last four of gzip tell how much there is: what fits at once need not be put together from pieces. What is damaged
 * may tell anything.
 */
function roomFor(gzip: Uint8Array): number {
  const { buffer, byteOffset, byteLength } = gzip
  const told = byteLength < 4 ? 0 : new DataView(buffer, byteOffset).getUint32(byteLength - 4, true)
  return Math.min(Math.max(told + 1, LEAST_ROOM), MOST_ROOM)
}

/** `length` bytes of a file from `at` on; fewer where it ends before. */
export function readPiece(path: string, at: number, length: number): Uint8Array {
  const descriptor = openSync(path, 'r')
  try {
    const bytes = new Uint8Array(length)
    let done = 0
    for (let read = 1; read > 0 && done < length; done += read)
      read = readSync(descriptor, bytes, done, length - done, at + done)
    return bytes.subarray(0, done)
  } finally {
    closeSync(descriptor)
  }
}

/** Removes a file that says nothing any more, durably. */
export function removeFile(path: string): void {
  if (!isThere(path)) return
  unlinkSync(path)
  syncDirectory(dirname(path))
}

/** Names in a directory, sorted; none when it does not exist. Temporary names are left out. */
export function listDirectory(path: string): string[] {
  try {
    return readdirSync(path)
      .filter((name) => !name.startsWith(TEMPORARY))
      .sort()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/** What files take, in bytes; what is not there takes nothing. */
export function sizeOf(paths: readonly string[]): number {
  return paths.reduce((sum, path) => sum + (statSync(path, { throwIfNoEntry: false })?.size ?? 0), 0)
}

/** Another text whenever the file was replaced; `null`: there is none. It tells nothing of content that was changed in place, which nobody does here. */
export function stampOf(path: string): string | null {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false })
  return found === undefined ? null : `${found.size} ${found.mtimeNs} ${found.ino}`
}

/** Every file in some directories below `base`, however deep, by its path below `base`. Temporary names are left out. */
export function listFiles(base: string, directories: readonly string[]): string[] {
  return directories
    .filter((directory) => existsSync(join(base, directory)))
    .flatMap((directory) => readdirSync(join(base, directory), { recursive: true, withFileTypes: true }))
    .filter((entry) => !entry.isDirectory() && !entry.name.startsWith(TEMPORARY))
    .map((entry) => relative(base, join(entry.parentPath, entry.name)))
}

/**
 * Does something in a directory of the system's for temporary files, in which these names lead to those in `data`: what is written there
 * takes their place and changes nothing in `data`. It is gone afterwards.
 */
export function inScratchStore<T>(data: string, names: readonly string[], act: (scratch: string) => T): T {
  const scratch = mkdtempSync(join(tmpdir(), 'flowscan-'))
  try {
    for (const name of names) {
      makeDirectory(dirname(join(scratch, name)))
      symlinkSync(join(data, name), join(scratch, name))
    }
    return act(scratch)
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

/**
 * Gives files of `from` the same names below `to`, durably: second names of the same bytes where the file system can, else copies. Names
 * that are there already stay as they are.
 */
export function linkFiles(from: string, to: string, paths: readonly string[]): void {
  const directories = new Set<string>()
  for (const path of paths) {
    const target = join(to, path)
    if (existsSync(target)) continue
    if (!directories.has(dirname(target))) makeDirectory(dirname(target))
    directories.add(dirname(target))
    try {
      linkSync(join(from, path), target)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK', 'ENOSYS'].includes(code ?? '')) throw error
      writeFileDurably(target, readFileSync(join(from, path)))
    }
  }
  for (const directory of directories) syncDirectory(directory)
}

/** Makes a symbolic link lead to `target`, durably, whether or not it was there: one rename. */
export function exchangeLink(path: string, target: string): void {
  const temporary = temporaryFor(path)
  symlinkSync(target, temporary)
  try {
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
  syncDirectory(dirname(path))
}

/** Removes what `path` names, a directory with all below it, durably. No path, no change. */
export function removeTree(path: string): void {
  if (removeAll(path)) syncDirectory(dirname(path))
}

/** As `removeTree`, not durably. A link goes itself; what it leads to stays. Returns whether something was there. */
export function removeAll(path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found === undefined) return false
  if (found.isDirectory()) removeDirectory(path)
  else unlinkSync(path)
  return true
}

/** As `rmSync`, which asks of each of a hundred thousand files what it is. */
function removeDirectory(directory: string): void {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = `${directory}/${entry.name}`
    if (entry.isDirectory()) removeDirectory(path)
    else unlinkSync(path)
  }
  rmdirSync(directory)
}

/** Removes temporary names that a dead process left, in `path` and below. */
export function sweepTemporaries(path: string): void {
  if (!existsSync(path)) return
  for (const entry of readdirSync(path, { recursive: true, withFileTypes: true })) {
    if (!entry.isDirectory() && entry.name.startsWith(TEMPORARY))
      rmSync(join(entry.parentPath, entry.name), { force: true })
  }
}

/**
 * Moves a file, durably, and never over another one: where the name is taken by other content, `mark` is put behind it.
 * Across devices it is copied, synced, compared and only then removed. Returns where it is now.
 */
export function moveFile(from: string, to: string, mark: string): string {
  makeDirectory(dirname(to))
  const target = freeName(from, to, mark)
  if (target === null) {
    unlinkSync(from)
    syncDirectory(dirname(from))
    return to
  }
  try {
    renameSync(from, target)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error
    copyAcross(from, target)
  }
  syncDirectory(dirname(target))
  if (dirname(from) !== dirname(target)) syncDirectory(dirname(from))
  return target
}

/** `null`: the very same file is already there. */
function freeName(from: string, to: string, mark: string): string | null {
  for (let attempt = 1; ; attempt++) {
    const name = attempt === 1 ? to : markedName(to, attempt === 2 ? mark : `${mark}-${attempt - 1}`)
    if (!isThere(name)) return name
    if (hasSameContent(from, name)) return null
  }
}

/** What most file systems have room for. */
const LONGEST_NAME = 255

/** `name.mark`; a name that leaves no room for it gives up its end. */
function markedName(path: string, mark: string): string {
  let name = basename(path)
  while (Buffer.byteLength(`${name}.${mark}`) > LONGEST_NAME) name = name.slice(0, -1)
  return join(dirname(path), `${name}.${mark}`)
}

/** Unlike `existsSync` throws where the disk does not tell: who takes that for a no writes over what is there. */
export function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined
}

function copyAcross(from: string, to: string): void {
  sweepTemporaries(dirname(to))
  const temporary = temporaryFor(to)
  try {
    copyFileSync(from, temporary)
    syncFile(temporary)
    if (!hasSameContent(from, temporary)) throw new Error(`${basename(from)}: the copy on the other device differs`)
    renameSync(temporary, to)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
  syncDirectory(dirname(to))
  unlinkSync(from)
}

const COMPARE_CHUNK = 1 << 20

function hasSameContent(a: string, b: string): boolean {
  if (statSync(a).size !== statSync(b).size) return false
  return hashFile(a) === hashFile(b)
}

/** SHA-256 of a file, or of its first `length` bytes, hex, in bounded memory. */
export function hashFile(path: string, length?: number): string {
  const descriptor = openSync(path, 'r')
  try {
    return hashOpen(descriptor, length)
  } finally {
    closeSync(descriptor)
  }
}

/** `hashFile` of a file that is open. */
export function hashOpen(descriptor: number, length = Number.POSITIVE_INFINITY): string {
  const hash = createHash('sha256')
  let left = length
  for (const bytes of readChunks(descriptor, COMPARE_CHUNK)) {
    hash.update(bytes.subarray(0, left))
    left -= bytes.length
    if (left <= 0) break
  }
  return hash.digest('hex')
}

/** The bytes of an open file from its beginning, however often it was read; the buffer is used again for every chunk. */
function* readChunks(descriptor: number, size: number): Generator<Uint8Array> {
  const buffer = new Uint8Array(size)
  for (let at = 0; ; ) {
    const length = readSync(descriptor, buffer, 0, size, at)
    if (length === 0) return
    at += length
    yield buffer.subarray(0, length)
  }
}
