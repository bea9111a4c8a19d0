import type { ListedEvent, ShownEvents } from '../pages/events.ts'
import type { Moment } from '../units.ts'
import { element } from './element.ts'

/** What the numbers on a chart stand for: the list that pages have below theirs. `null` when there are none. */
export function eventList({ list, more }: ShownEvents): HTMLElement | null {
  if (list.length === 0) return null
  return element(
    'div',
    {},
    element('ol', { class: 'events', 'aria-label': 'Events on the chart' }, ...list.map(itemOf)),
    more === '' ? null : element('p', { class: 'note' }, more),
  )
}

function itemOf({ number, at, to, label }: ListedEvent): HTMLElement {
  const when = [timeOf(at), ...(to === null ? [] : [' to ', timeOf(to)])]
  return element('li', { value: number }, element('span', {}, ...when), ' ', element('bdi', {}, label))
}

function timeOf({ iso, utc, text }: Moment): HTMLElement {
  return element('time', { datetime: iso, title: utc }, text)
}
