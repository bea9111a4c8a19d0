const MODULUS = 65_521
/** So many bytes can be added before a sum must be reduced to stay below 2^32 (RFC 1950, as zlib counts). */
const RUN = 5552

/** Hot: the checksum at the end of a zlib stream (RFC 1950), continued from that of the bytes before; 1 at the start. */
export function adler32(bytes: Uint8Array, before: number): number {
  let low = before & 0xffff
  let high = before >>> 16
  for (let at = 0; at < bytes.length; ) {
    const end = Math.min(at + RUN, bytes.length)
    for (; at < end; at++) {
      low += bytes[at]!
      high += low
    }
    low %= MODULUS
    high %= MODULUS
  }
  return ((high << 16) | low) >>> 0
}
