/** Placeholder: written with the decoders. */
export interface ByteReader {
  readonly offset: number
}
