import type { BothWays } from '../charts/chart.ts'
import type { ReadoutEntry } from '../pages/readout.ts'
import { chip, element } from './element.ts'

/** The list below a chart: what is on it, and how much of each. */
export interface Readout {
  /** The values at a point, in the order of the entries; `null`: those at rest again. */
  show(reading: Reading | null): void
  /** Marks which layers are hidden, by their place. */
  mark(hidden: ReadonlySet<number>): void
}

export interface Reading {
  readonly time: string
  /** The same in UTC. */
  readonly utc: string
  readonly values: readonly BothWays<string>[]
  /** The address of its scoreboard, if it has one. */
  readonly board: string | null
}

export interface ReadoutEvents {
  /** A layer's name was pressed. */
  readonly onToggle: (layer: number) => void
  /** Only this layer, or all again. */
  readonly onIsolate: (layer: number) => void
  /** One point earlier (-1) or later (1). */
  readonly onStep: (by: -1 | 1) => void
}

/** What `readout.njk` prints, made to act. Keeps the place it has: nothing around it moves. `step`: from point to point, `5 minutes`. */
export function createReadout(
  root: HTMLElement,
  entries: readonly ReadoutEntry[],
  step: string,
  events: ReadoutEvents,
): Readout {
  const time = element('span', { class: 'readout-time' }, 'On average')
  const hint = element('span', { class: 'readout-hint' })
  const board = boardLink()
  const isDivided = entries.filter(({ kind }) => kind === 'layer').length > 1
  const items = entries.map((entry, at) => itemOf(entry, at, isDivided, events))
  root.replaceChildren(
    element('p', { class: 'readout-head' }, time, hint, board, stepButtons(step, events)),
    element('ul', {}, ...items.map(({ item }) => item)),
  )
  let isMarked = false
  let isAtRest = true
  const rest = () => {
    board.hidden = true
    time.textContent = 'On average'
    hint.textContent = isMarked ? 'Some are hidden: press a name to see it again.' : hintOf()
  }
  rest()
  return {
    show(reading) {
      isAtRest = reading === null
      if (reading === null) rest()
      else {
        time.textContent = reading.time
        hint.textContent = reading.utc
        lead(board, reading)
      }
      for (const [at, { inward, out }] of items.entries()) {
        const values = reading === null ? entries[at]! : reading.values[at]!
        inward.textContent = values.in
        out.textContent = values.out
      }
    },
    mark(hidden) {
      isMarked = hidden.size > 0
      const layers = items.filter(({ toggle }) => toggle !== null)
      const shown = layers.length - hidden.size
      for (const [at, { item, toggle, only }] of layers.entries()) {
        item.classList.toggle('readout-hidden', hidden.has(at))
        toggle!.setAttribute('aria-pressed', String(!hidden.has(at)))
        only!.textContent = shown === 1 && !hidden.has(at) && layers.length > 1 ? 'all' : 'only'
      }
      if (isAtRest) rest()
    },
  }
}

/** What the pointer at hand can do: a finger does not select. */
function hintOf(): string {
  return matchMedia('(pointer: coarse)').matches
    ? 'Tap or slide to read, ‹ and › to step.'
    : 'Point to read, click to keep, drag to look closer.'
}

function boardLink(): HTMLAnchorElement {
  return withoutFocus(element('a', { class: 'readout-board', hidden: true }, BOARD))
}

/** For fingers, which are wider than a point; `plot.css` shows them to those. */
function stepButtons(step: string, { onStep }: ReadoutEvents): HTMLElement {
  const button = (text: string, label: string, by: -1 | 1) => {
    const made = withoutFocus(element('button', { type: 'button', 'aria-label': label }, text))
    made.addEventListener('click', () => onStep(by))
    return made
  }
  return element(
    'span',
    { class: 'readout-steps' },
    button('‹', `${step} earlier`, -1),
    button('›', `${step} later`, 1),
  )
}

/** Pressing it takes no focus from the cursor, which would let go of the moment: browsers differ in what takes it. */
function withoutFocus<E extends HTMLElement>(pressed: E): E {
  pressed.addEventListener('mousedown', (event) => event.preventDefault())
  return pressed
}

const BOARD = 'Busiest hosts then'

function lead(link: HTMLAnchorElement, { board, time }: Reading): void {
  link.hidden = board === null
  if (board === null) return
  link.href = board
  link.setAttribute('aria-label', `${BOARD}: ${time}`)
}

function itemOf(
  { label, color, kind, ...values }: ReadoutEntry,
  at: number,
  isDivided: boolean,
  events: ReadoutEvents,
) {
  const mark = color === null ? element('span', { class: 'chip line' }) : chip(color)
  const isLayer = kind === 'layer' && isDivided
  const toggle = isLayer
    ? element('button', { type: 'button', class: 'readout-name', 'aria-pressed': 'true', title: label }, mark, label)
    : null
  const only = isLayer
    ? element('button', { type: 'button', class: 'readout-only', 'aria-label': `only ${label}` }, 'only')
    : null
  toggle?.addEventListener('click', () => events.onToggle(at))
  only?.addEventListener('click', () => events.onIsolate(at))
  const [inward, out] = [element('span', {}, values.in), element('span', {}, values.out)]
  const name = toggle ?? element('span', { class: 'readout-name' }, mark, label)
  const item = element(
    'li',
    { class: `readout-${kind}` },
    name,
    only,
    element('span', { class: 'readout-values' }, inward, out),
  )
  return { item, toggle, only, inward, out }
}
