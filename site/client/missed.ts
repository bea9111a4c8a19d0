/** A plot with what a visitor did on it before it could answer, oldest first: `site.js` writes it down until it is taken away. */
interface WaitingPlot extends HTMLElement {
  missed?: readonly Event[]
}

/** Does again, on the cursor, what a visitor did on the chart of a plot before there was one. */
export function redoMissed(plot: WaitingPlot, cursor: HTMLElement): void {
  for (const event of takeMissed(plot)) {
    if (isBeside(event, cursor)) continue
    const again = new (event.constructor as typeof Event)(event.type, event)
    const place = event.target === plot ? plot : cursor
    place.dispatchEvent(again)
    if (event.type === 'pointerdown') followPress(event as PointerEvent, plot, cursor)
  }
}

/** From now on nothing is written down, and keys scroll the page again. */
export function takeMissed(plot: WaitingPlot): readonly Event[] {
  const missed = plot.missed ?? []
  delete plot.missed
  return missed
}

/** A pointer came left or right of the cursor's ground, where an axis is. */
function isBeside(event: Event, cursor: HTMLElement): boolean {
  if (!/^pointer(enter|move|down)$/.test(event.type)) return false
  const { left, right } = cursor.getBoundingClientRect()
  const { clientX } = event as PointerEvent
  return clientX < left || clientX > right
}

/** A finger that is still down goes on on the cursor. */
function followPress({ pointerId }: PointerEvent, plot: HTMLElement, cursor: HTMLElement): void {
  if (plot.querySelector('.chart')?.hasPointerCapture(pointerId)) cursor.setPointerCapture(pointerId)
}
