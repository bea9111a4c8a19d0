/** So many numbers are made room for at once: V8 looks for garbage the sooner the more buffers there are, however small. */
const ROOM = 2 ** 15
let room = new Float64Array(0)
let taken = 0

/** So many numbers, zero each. */
export function createColumn(length: number): Float64Array {
  if (taken + length > room.length) {
    room = new Float64Array(Math.max(ROOM, length))
    taken = 0
  }
  taken += length
  return room.subarray(taken - length, taken)
}
