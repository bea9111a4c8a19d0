import { ByteReader } from './bytes.ts'
import { createGrowth, type Growth, type UnpackEnd } from './unpacking.ts'
import { type Checksum, type Inflation, MOST_INPUT, type Next, startInflation } from './wasm-inflate.ts'

const DEFLATE = 8
/** This part of the stream is right; anything else is how the stream ended. */
const WHOLE = null

/**
 * Unpacks one zlib stream (RFC 1950); tells how it ended by what the generator returns. Everything that was unpacked before the end was handed on,
 * in chunks that are good until the next.
 */
export async function* inflate(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, UnpackEnd> {
  const bytes = new ByteReader(source)
  const head = await bytes.peek(2)
  if (head.length < 2) return { kind: 'truncated' }
  const mistake = mistakeInZlib(head)
  if (mistake !== null) return { kind: 'damaged', read: bytes.offset, message: mistake }
  await bytes.take(2)
  const end = yield* inflateBody(bytes, 'adler32', createGrowth())
  return end ?? { kind: 'end', trailing: await countRest(bytes) }
}

function mistakeInZlib([method = 0, flags = 0]: Uint8Array): string | null {
  if (((method << 8) | flags) % 31 !== 0) return 'incorrect header check'
  if ((method & 15) !== DEFLATE) return 'unknown compression method'
  if (method >>> 4 > 7) return 'invalid window size'
  return (flags & 0x20) === 0 ? null : 'Missing dictionary'
}

/** The same for a gzip file of any number of members (RFC 1952). Zeros may lie behind the last. */
export async function* gunzip(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, UnpackEnd> {
  const bytes = new ByteReader(source)
  const growth = createGrowth()
  do {
    const end = (await takeMemberHead(bytes)) ?? (yield* inflateBody(bytes, 'crc32', growth))
    if (end !== WHOLE) return end
  } while (((await bytes.peek(1))[0] ?? 0) !== 0)
  return { kind: 'end', trailing: await countRest(bytes) }
}

const MEMBER_HEAD = 10
const FLAG = { checksum: 2, extra: 4, name: 8, comment: 16, reserved: 0xe0 } as const

async function takeMemberHead(bytes: ByteReader): Promise<UnpackEnd | typeof WHOLE> {
  const head = (await bytes.peek(MEMBER_HEAD)).slice()
  const mistake = mistakeInMember(head)
  if (mistake !== null) return { kind: 'damaged', read: bytes.offset, message: mistake }
  await bytes.take(head.length)
  const has = (flag: number) => (head[3]! & flag) !== 0
  const isWhole =
    head.length === MEMBER_HEAD &&
    (!has(FLAG.extra) || (await takeExtra(bytes))) &&
    (!has(FLAG.name) || (await takeText(bytes))) &&
    (!has(FLAG.comment) || (await takeText(bytes))) &&
    (!has(FLAG.checksum) || (await bytes.take(2)).length === 2)
  return isWhole ? WHOLE : { kind: 'truncated' }
}

/** In what there is of a member's head. */
function mistakeInMember([first = 0x1f, second = 0x8b, method = DEFLATE, flags = 0]: Uint8Array): string | null {
  if (first !== 0x1f || second !== 0x8b) return 'incorrect header check'
  if (method !== DEFLATE) return 'unknown compression method'
  return (flags & FLAG.reserved) === 0 ? null : 'unknown header flags set'
}

async function takeExtra(bytes: ByteReader): Promise<boolean> {
  const [low, high] = await bytes.take(2)
  if (low === undefined || high === undefined) return false
  const length = low | (high << 8)
  return (await bytes.take(length)).length === length
}

/** Up to a zero. */
async function takeText(bytes: ByteReader): Promise<boolean> {
  for (;;) {
    const ahead = await bytes.peekAll(1)
    const end = ahead.indexOf(0)
    await bytes.take(end === -1 ? ahead.length : end + 1)
    if (end !== -1 || ahead.length === 0) return end !== -1
  }
}

/** The compressed data, and behind them their checksum and, for gzip, their length. */
async function* inflateBody(
  bytes: ByteReader,
  checksum: Checksum,
  growth: Growth,
): AsyncGenerator<Uint8Array, UnpackEnd | typeof WHOLE> {
  const inflation = startInflation(checksum)
  const before = growth.written
  try {
    const end = yield* inflateAll(bytes, inflation, growth)
    if (end !== WHOLE) return end
    const isGzip = checksum === 'crc32'
    const trailer = (await bytes.take(isGzip ? 8 : 4)).slice()
    if (trailer.length < (isGzip ? 8 : 4)) return { kind: 'truncated' }
    const view = new DataView(trailer.buffer)
    if (view.getUint32(0, isGzip) !== inflation.checksum) return damaged('incorrect data check')
    if (isGzip && view.getUint32(4, true) !== (growth.written - before) % 2 ** 32)
      return damaged('incorrect length check')
    return WHOLE
  } finally {
    inflation.close()
  }

  function damaged(message: string): UnpackEnd {
    return { kind: 'damaged', read: bytes.offset, message }
  }
}

/** Looks after every piece of output whether this is a bomb. */
async function* inflateAll(
  bytes: ByteReader,
  inflation: Inflation,
  growth: Growth,
): AsyncGenerator<Uint8Array, UnpackEnd | typeof WHOLE> {
  for (let unread = 0; ; ) {
    const input = (await bytes.peekAll(unread + 1)).subarray(0, MOST_INPUT)
    if (input.length === unread) return { kind: 'truncated' }
    inflation.give(input)
    let read = 0
    let next: Next = 'go on'
    while (next === 'go on') {
      const step = inflation.unpack()
      next = step.next
      const bomb = growth.add(inflation.read - read, [step.unpacked])
      if (bomb !== null) return bomb
      read = inflation.read
      if (step.unpacked.length > 0) yield step.unpacked
    }
    unread = input.length - read
    await bytes.take(read)
    if (next === 'end') return WHOLE
    if (next !== 'more') return { kind: 'damaged', read: bytes.offset, message: next.damage }
  }
}

async function countRest(bytes: ByteReader): Promise<number> {
  let count = 0
  for await (const { length } of bytes.rest()) count += length
  return count
}
