import { CHART_SIZES, type ChartSize, plotOf, TOP } from '../charts/stacked.ts'
import { element, find } from './element.ts'

/** What a cursor tells of. Points are counted from 0. */
export interface CursorEvents {
  /** `null`: it is nowhere. */
  readonly onMove: (point: number | null) => void
  /** From the start of one point to the end of the other. */
  readonly onSelect: (first: number, last: number) => void
  /** For screen readers: what the chart shows at a point. */
  readonly describe: (point: number) => string
}

/** A cursor on a chart. */
export interface Cursor {
  readonly element: HTMLElement
  /** Goes on by so many points and stays there, as by a key: from nowhere to the last point. */
  readonly step: (by: number) => void
}

/** A mouse that moved less, in pixels, meant a click. */
const LEAST_DRAG = 5

/**
 * Lays a cursor over the drawn chart of a plot (`div.plot`): a mouse, a finger or the arrow keys move it; dragging, or Enter at both
 * ends, selects. A mouse shows a point until it leaves the plot; a click, a finger and keys keep it until Escape, or until focus goes
 * elsewhere than to what the head of the readout offers. It is a slider to screen readers.
 */
export function attachCursor(plot: HTMLElement, points: number, events: CursorEvents): Cursor {
  const chart = find(plot, '.chart')
  const head = find(plot, '.readout-head')
  const line = element('div', { class: 'cursor-line', hidden: true })
  const band = element('div', { class: 'cursor-band', hidden: true })
  const cursor = element(
    'div',
    {
      class: 'cursor',
      role: 'slider',
      tabindex: 0,
      'aria-label': 'Time on the chart: arrow keys move, Enter at both ends of a stretch looks closer',
      'aria-valuemin': 0,
      'aria-valuemax': points - 1,
      'aria-valuenow': 0,
      'aria-valuetext': 'nowhere yet',
    },
    band,
    line,
  )
  chart.append(cursor)
  place(cursor, chart)
  new ResizeObserver(() => place(cursor, chart)).observe(chart)

  let at: number | null = null
  let kept: number | null = null
  let anchor: number | null = null

  function move(point: number | null): void {
    at = point === null ? null : Math.max(0, Math.min(points - 1, point))
    line.hidden = at === null
    if (at !== null) {
      line.style.insetInlineStart = `${((at + 0.5) / points) * 100}%`
      cursor.setAttribute('aria-valuenow', String(at))
      cursor.setAttribute('aria-valuetext', events.describe(at))
    }
    showBand()
    events.onMove(at)
  }

  function keep(point: number | null): void {
    move(point)
    kept = at
  }

  /** A finger's press on a button leaves focus here: where it is kept until. */
  function step(by: number): void {
    keep(at === null ? points - 1 : at + by)
    if (!head.contains(document.activeElement)) cursor.focus({ preventScroll: true })
  }

  /** To where it is kept. Kept nowhere it stays while a mouse goes to the readout. */
  function goBack(isOutside: boolean): void {
    if (isOutside || kept !== null) move(kept)
  }

  function showBand(): void {
    band.hidden = anchor === null || at === null
    if (anchor === null || at === null) return
    const [first, last] = [Math.min(anchor, at), Math.max(anchor, at)]
    band.style.insetInlineStart = `${(first / points) * 100}%`
    band.style.inlineSize = `${((last + 1 - first) / points) * 100}%`
  }

  function setAnchor(point: number | null): void {
    anchor = point
    showBand()
  }

  function select(): void {
    const [one, other] = [anchor!, at!]
    setAnchor(null)
    events.onSelect(Math.min(one, other), Math.max(one, other))
  }

  listenToPointer(cursor, plot, points, { move, keep, goBack, setAnchor, select })
  cursor.addEventListener('keydown', (event) => {
    const next = keyTarget(event, at ?? points - 1, points)
    if (next !== null) keep(at === null && event.key.startsWith('Arrow') ? points - 1 : next)
    else if (event.key === 'Enter' && at !== null) anchor === null ? setAnchor(at) : select()
    else if (event.key === 'Escape') anchor === null ? keep(null) : setAnchor(null)
    else return
    event.preventDefault()
  })
  for (const each of [cursor, head])
    each.addEventListener('focusout', ({ relatedTarget }) => {
      if (relatedTarget === cursor || head.contains(relatedTarget as Node | null)) return
      setAnchor(null)
      keep(null)
    })
  return { element: cursor, step }
}

interface Hand {
  readonly move: (point: number) => void
  readonly keep: (point: number) => void
  /** A mouse left the chart, or the whole plot. */
  readonly goBack: (isOutside: boolean) => void
  readonly setAnchor: (point: number | null) => void
  readonly select: () => void
}

/** A mouse points and drags; a finger points, and scrolls the page up and down. */
function listenToPointer(cursor: HTMLElement, plot: HTMLElement, points: number, hand: Hand): void {
  const { move, keep, goBack, setAnchor, select } = hand
  let pressed: number | null = null
  const pointOf = (event: PointerEvent) => {
    const { left, width } = cursor.getBoundingClientRect()
    return Math.floor(((event.clientX - left) / width) * points)
  }
  cursor.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return
    if (event.pointerType !== 'mouse') return keep(pointOf(event))
    move(pointOf(event))
    pressed = event.clientX
    setAnchor(Math.max(0, Math.min(points - 1, pointOf(event))))
    cursor.setPointerCapture(event.pointerId)
  })
  for (const type of ['pointerenter', 'pointermove'] as const)
    cursor.addEventListener(type, (event) =>
      event.pointerType === 'mouse' ? move(pointOf(event)) : keep(pointOf(event)),
    )
  cursor.addEventListener('pointerup', (event) => {
    if (pressed === null) return
    const isDrag = Math.abs(event.clientX - pressed) >= LEAST_DRAG
    pressed = null
    if (isDrag) return select()
    setAnchor(null)
    keep(pointOf(event))
  })
  for (const type of ['pointercancel', 'lostpointercapture'] as const)
    cursor.addEventListener(type, () => {
      if (pressed === null) return
      pressed = null
      setAnchor(null)
    })
  for (const left of [cursor, plot])
    left.addEventListener('pointerleave', (event) => {
      if (pressed === null && event.pointerType === 'mouse') goBack(left === plot)
    })
}

/** Where a key takes the cursor; `null`: nowhere. */
function keyTarget({ key, shiftKey }: KeyboardEvent, at: number, points: number): number | null {
  const leap = Math.max(1, Math.round(points / 24))
  const step = shiftKey ? leap : 1
  const targets: { readonly [key: string]: number } = {
    ArrowLeft: at - step,
    ArrowDown: at - step,
    ArrowRight: at + step,
    ArrowUp: at + step,
    PageDown: at - leap,
    PageUp: at + leap,
    Home: 0,
    End: points - 1,
  }
  return Object.hasOwn(targets, key) ? targets[key]! : null
}

/** Over the plot of the drawing that is shown. */
function place(cursor: HTMLElement, chart: HTMLElement): void {
  const size = CHART_SIZES.find(({ name }) => isShown(chart.querySelector(`.chart-${name}`)))
  if (size === undefined) return
  const { left, top, width, height } = shares(size)
  cursor.style.insetInlineStart = `${left}%`
  cursor.style.insetBlockStart = `${top}%`
  cursor.style.inlineSize = `${width}%`
  cursor.style.blockSize = `${height}%`
}

function isShown(svg: Element | null): boolean {
  return svg !== null && getComputedStyle(svg).display !== 'none'
}

function shares(size: ChartSize) {
  const plot = plotOf(size)
  return {
    left: (size.left / size.width) * 100,
    top: (TOP / size.height) * 100,
    width: (plot.width / size.width) * 100,
    height: (plot.height / size.height) * 100,
  }
}
