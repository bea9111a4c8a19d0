/** A stream of numbers, 0 <= n < 1. */
export type Random = () => number

/** Spreads every bit of a 32-bit number over all of them (the finalizer of MurmurHash3). */
export function scramble(value: number): number {
  let hash = value | 0
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

const STEP = 0x9e3779b9

/** One number of 32 bits out of several. */
export function hashOf(...numbers: readonly number[]): number {
  return numbers.reduce((hash, number) => scramble((hash + STEP) ^ number), 0)
}

/** The same seeds always give the same stream: a scrambled counter. Good for 2^32 draws. */
export function createRandom(...seeds: readonly number[]): Random {
  let counter = hashOf(...seeds)
  return () => {
    counter = (counter + STEP) | 0
    return scramble(counter) / 0x1_0000_0000
  }
}

/** A number between the two, as likely within 1 to 2 as within 10 to 20. */
export function logUniform(random: Random, least: number, most: number): number {
  return least * Math.exp(random() * Math.log(most / least))
}

/** A rank below `count`; how often one is drawn falls as 1 / (rank + 1), Zipf's law. */
export function zipf(random: Random, count: number): number {
  return Math.min(count - 1, Math.floor(logUniform(random, 1, count + 1)) - 1)
}

const TICKETS = 4096

/** Draws an index as often as its weight says. */
export type Lottery = (random: Random) => number

/** Weights are not negative and not all 0; a share below 1 / 4096 may come to nothing. */
export function createLottery(weights: readonly number[]): Lottery {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const tickets = new Uint8Array(TICKETS)
  let index = 0
  let reached = weights[0]!
  for (let ticket = 0; ticket < TICKETS; ticket++) {
    while (index < weights.length - 1 && ((ticket + 0.5) / TICKETS) * total >= reached) reached += weights[++index]!
    tickets[ticket] = index
  }
  return (random) => tickets[Math.floor(random() * TICKETS)]!
}

/** A log-normal size: many small ones, few large. The tail ends at 3.4 deviations. */
export function logNormal(random: Random, median: number, deviation: number): number {
  return median * Math.exp(deviation * normal(random))
}

/** Nearly normal: the sum of four uniform numbers, scaled to variance 1. */
function normal(random: Random): number {
  return (random() + random() + random() + random() - 2) * Math.sqrt(3)
}
