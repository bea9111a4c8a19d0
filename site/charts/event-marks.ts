import type { ChartEvent } from './chart.ts'

/** Numbers above a chart's events, and what they stand at. Pixels from the left end of the time axis. */
export interface EventMarks {
  readonly rules: readonly { readonly x: number }[]
  readonly spans: readonly { readonly x: number; readonly x2: number }[]
  readonly numbers: readonly { readonly x: number; readonly label: string }[]
}

/** Of a digit, of all that a label is apart from its digits, and of what is left free between two labels. */
const DIGIT = 7
const GAP = 4

/**
 * The events of a chart whose time axis goes from `from` to `to` (unix seconds) over `width` pixels. Events so near to each other that
 * their numbers would touch share a label: `3–5`.
 */
export function eventMarks(events: readonly ChartEvent[], from: number, to: number, width: number): EventMarks {
  const xOf = (at: number) => round((width * (Math.min(to, Math.max(from, at)) - from)) / (to - from))
  return {
    rules: events.flatMap(({ at, to: end }) =>
      [at, ...(end === null ? [] : [end])]
        .filter((each) => each >= from && each <= to)
        .map((each) => ({ x: xOf(each) })),
    ),
    spans: events.flatMap(({ at, to: end }) => (end === null ? [] : [{ x: xOf(at), x2: xOf(end) }])),
    numbers: joinNear(events.map(({ at, number }) => ({ x: xOf(at), end: xOf(at), first: number, last: number }))).map(
      ({ x, end, first, last }) => ({ x: round((x + end) / 2), label: labelOf(first, last) }),
    ),
  }
}

interface Group {
  /** Of its first and its last event. */
  readonly x: number
  readonly end: number
  readonly first: number
  readonly last: number
}

/** `groups`: ascending. A label that grows may touch the one before it. */
function joinNear(groups: readonly Group[]): Group[] {
  const apart: Group[] = []
  for (const group of groups) {
    let joined = group
    while (apart.length > 0 && touch(apart.at(-1)!, joined)) {
      const { x, first } = apart.pop()!
      joined = { ...joined, x, first }
    }
    apart.push(joined)
  }
  return apart
}

function touch(a: Group, b: Group): boolean {
  const middle = ({ x, end }: Group) => (x + end) / 2
  return middle(b) - middle(a) < (widthOf(a) + widthOf(b)) / 2 + GAP
}

function widthOf({ first, last }: Group): number {
  return labelOf(first, last).length * DIGIT
}

function labelOf(first: number, last: number): string {
  return first === last ? String(first) : `${first}–${last}`
}

function round(pixels: number): number {
  return Math.round(pixels * 10) / 10
}
