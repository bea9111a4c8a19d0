import { WORD } from '../model/heap.ts'

const START_CAPACITY = 1 << 16
/** So many bytes are asked for at once, unless fewer make what is wanted whole: then nothing needs to be moved behind it. */
const [LEAST_PIECE, PIECE] = [1 << 12, 1 << 18]

/**
 * Bytes in order, in pieces of any size. Whoever asks for the next may offer a place: if it can, a source reads into that and gives what
 * it has read there, which nobody needs to copy.
 */
export type ByteSource = AsyncIterable<Uint8Array, unknown, Uint8Array | undefined>

/**
 * Bytes in order, from chunks of any size. What it hands out is a view into its own buffer: good until the next call,
 * and free to be written over. It never holds more than what was asked for and one chunk.
 */
export class ByteReader {
  readonly #chunks: AsyncIterator<Uint8Array, unknown, Uint8Array | undefined>
  #allocate = (length: number): Uint8Array => new Uint8Array(length)
  #buffer: Uint8Array = this.#allocate(START_CAPACITY)
  #start = 0
  #end = 0
  #isDone = false
  #offset = 0

  constructor(chunks: ByteSource) {
    this.#chunks = chunks[Symbol.asyncIterator]()
  }

  /** From now on it holds its bytes in what `allocate` gives. */
  holdIn(allocate: (length: number) => Uint8Array): void {
    this.#allocate = allocate
    this.#move(this.#buffer.length)
  }

  /** How many bytes were taken so far: the place of the next one in the file. */
  get offset(): number {
    return this.#offset
  }

  /** The next `length` bytes without taking them; fewer at the end. */
  async peek(length: number): Promise<Uint8Array> {
    while (this.#end - this.#start < length && !this.#isDone) await this.#fill(length - (this.#end - this.#start))
    return this.#buffer.subarray(this.#start, Math.min(this.#start + length, this.#end))
  }

  /** All bytes that are at hand, without taking them, at least `least`; fewer at the end. */
  async peekAll(least: number): Promise<Uint8Array> {
    await this.peek(least)
    return this.#buffer.subarray(this.#start, this.#end)
  }

  /** The next `length` bytes; fewer at the end. */
  async take(length: number): Promise<Uint8Array> {
    const bytes = await this.peek(length)
    this.#advance(bytes.length)
    return bytes
  }

  /**
   * As many whole records of `size` bytes as are at hand, at least one; none at the end, where a torn record may be
   * left (`take` gives it). As long as all that was taken before is a multiple of 4 bytes, so is the view's place in memory.
   */
  async takeRecords(size: number): Promise<Uint8Array> {
    await this.peek(size)
    const whole = Math.floor((this.#end - this.#start) / size) * size
    const bytes = this.#buffer.subarray(this.#start, this.#start + whole)
    this.#advance(whole)
    return bytes
  }

  /** Everything that is left, as it comes. */
  async *rest(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const bytes = await this.takeRecords(1)
      if (bytes.length === 0) return
      yield bytes
    }
  }

  #advance(length: number): void {
    this.#start += length
    this.#offset += length
  }

  async #fill(missing: number): Promise<void> {
    const wanted = missing < LEAST_PIECE ? PIECE : Math.min(missing, PIECE)
    this.#makeRoom(wanted)
    const place = this.#buffer.subarray(this.#end, this.#end + wanted)
    const step = await this.#chunks.next(place)
    if (step.done === true) {
      this.#isDone = true
      return
    }
    const { buffer, byteOffset, length } = step.value
    if (buffer !== place.buffer || byteOffset !== place.byteOffset) {
      this.#makeRoom(length)
      this.#buffer.set(step.value, this.#end)
    }
    this.#end += length
  }

  /** Moves what is left to the front, into a larger buffer where it does not fit. */
  #makeRoom(length: number): void {
    if (this.#start === this.#end) this.#place(this.#buffer)
    if (this.#end + length <= this.#buffer.length) return
    const needed = WORD + this.#end - this.#start + length
    if (needed > this.#buffer.length) this.#move(2 ** Math.ceil(Math.log2(needed)))
    else this.#place(this.#buffer)
  }

  #move(capacity: number): void {
    this.#place(this.#allocate(capacity))
  }

  /** Puts what is left at the front of a buffer, in the same place of a word. */
  #place(buffer: Uint8Array): void {
    const start = this.#start % WORD
    buffer.set(this.#buffer.subarray(this.#start, this.#end), start)
    this.#end += start - this.#start
    this.#start = start
    this.#buffer = buffer
  }
}
