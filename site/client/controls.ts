import { MEASURES } from '../../ingest/model/measure.ts'
import { isoTime } from '../../ingest/model/time.ts'
import { momentOf, wallTimeOf } from '../charts/wall-time.ts'
import { type Exploration, NOT_DIVIDED, WAYS_SHOWN } from '../exploration.ts'
import { midSentence } from '../pages/words.ts'
import { formatClock, SHOWN } from '../units.ts'
import { type Catalog, dimensionOf, divisionsOf } from './catalog.ts'
import { chip, element, find } from './element.ts'
import { daySpan, moved, spanTo, wider } from './span.ts'

/** The form of `explore.njk`. It shows an exploration, and tells what a visitor makes of it. */
export interface Controls {
  /** `newest`: the catalog as it is by now. */
  show(exploration: Exploration, newest: Catalog): void
}

/** A part of the exploration, chosen anew; what ends with the newest data ends with those of the catalog given. */
export type Change = (newest: Catalog) => Partial<Exploration>

/** `catalog`: what can be chosen from. */
export function createControls(form: HTMLFormElement, catalog: Catalog, onChange: (change: Change) => void): Controls {
  fillSubjects(field(form, 'of'), catalog)
  let shown: Exploration | undefined

  form.addEventListener('change', (event) => {
    const change = changeOf(form, event.target as HTMLInputElement)
    if (change !== null) onChange(() => change)
  })
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    const [from, to] = ['from', 'to'].map((name) => readWall(field(form, name), catalog.timeZone))
    onChange(() => ({ ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) }))
  })
  form.addEventListener('click', (event) => {
    const button = (event.target as Element).closest('button')
    if (button === null) return
    const { dataset } = button
    if (button.name === 'all') onChange(() => ({ only: [] }))
    if (timesOf(dataset, shown!, catalog) !== null) onChange((newest) => timesOf(dataset, shown!, newest)!)
  })
  field(form, 'find').addEventListener('input', () => filterMembers(form))

  return {
    show(exploration, newest) {
      const isOther = shown?.by !== exploration.by
      shown = exploration
      const { measure, of, by, only, way, drawing, isCompared, from, to } = exploration
      choose(form, 'measure', SHOWN[measure].name)
      choose(form, 'draw', drawing)
      field(form, 'of').value = of
      field(form, 'way').value = way
      ;(field(form, 'compare') as HTMLInputElement).checked = isCompared
      fillDivisions(field(form, 'by'), catalog, of, by)
      if (isOther) fillMembers(form, catalog, by)
      checkMembers(form, only)
      field(form, 'from').value = writeWall(from, catalog.timeZone)
      field(form, 'to').value = writeWall(to, catalog.timeZone)
      find(form, '.zone').textContent = zoneText(from, to, catalog.timeZone)
      markPreset(form, exploration, newest)
    },
  }
}

type Field = HTMLInputElement | HTMLSelectElement

function field(form: HTMLFormElement, name: string): Field {
  return find<Field>(form, `[name="${name}"]`)
}

function choose(form: HTMLFormElement, name: string, value: string): void {
  for (const radio of form.querySelectorAll<HTMLInputElement>(`input[name="${name}"]`))
    radio.checked = radio.value === value
}

function changeOf(form: HTMLFormElement, { name, value, checked }: HTMLInputElement): Partial<Exploration> | null {
  switch (name) {
    case 'measure':
      return { measure: MEASURES.find((each) => SHOWN[each].name === value)! }
    case 'of':
      return { of: value }
    case 'by':
      return { by: value === NOT_DIVIDED ? null : value, only: [] }
    case 'way':
      return { way: WAYS_SHOWN.find((each) => each === value)! }
    case 'draw':
      return { drawing: value === 'lines' ? 'lines' : 'stack' }
    case 'compare':
      return { isCompared: checked }
    case 'member':
      return { only: membersChecked(form) }
    default:
      return null
  }
}

function membersChecked(form: HTMLFormElement): string[] {
  return [...form.querySelectorAll<HTMLInputElement>('input[name="member"]:checked')].map(({ value }) => value)
}

/** Everything, then each dimension's members. */
function fillSubjects(select: Field, { dimensions }: Catalog): void {
  const groups = dimensions.map(({ title, name, members }) =>
    element(
      'optgroup',
      { label: title },
      ...members.map(({ id, label }) => element('option', { value: `${name}/${id}` }, label)),
    ),
  )
  select.replaceChildren(element('option', { value: 'total' }, 'All traffic'), ...groups)
}

function fillDivisions(select: Field, catalog: Catalog, of: string, by: string | null): void {
  const options = divisionsOf(catalog, of).map(({ name, singular }) =>
    element('option', { value: name }, midSentence(singular)),
  )
  select.replaceChildren(...options, element('option', { value: NOT_DIVIDED }, 'nothing'))
  select.value = by ?? NOT_DIVIDED
}

function fillMembers(form: HTMLFormElement, catalog: Catalog, by: string | null): void {
  const members = dimensionOf(catalog, by)?.members ?? []
  const items = members.map(({ id, label, color }) =>
    element(
      'li',
      {},
      element('label', {}, element('input', { type: 'checkbox', name: 'member', value: id }), chip(color), label),
    ),
  )
  const choice = find(form, '.members-choice')
  choice.hidden = members.length === 0
  find(choice, 'ul').replaceChildren(...items)
  const search = field(form, 'find')
  search.hidden = members.length < 9
  search.value = ''
}

function filterMembers(form: HTMLFormElement): void {
  const wanted = field(form, 'find').value.trim().toLowerCase()
  for (const item of form.querySelectorAll<HTMLElement>('.members-choice li'))
    item.hidden = !item.textContent!.toLowerCase().includes(wanted)
}

function checkMembers(form: HTMLFormElement, only: readonly string[]): void {
  const boxes = [...form.querySelectorAll<HTMLInputElement>('input[name="member"]')]
  for (const box of boxes) box.checked = only.includes(box.value)
  find(form, '.chosen').textContent = only.length === 0 ? `all ${boxes.length}` : `${only.length} of ${boxes.length}`
  find<HTMLButtonElement>(form, '[name="all"]').disabled = only.length === 0
}

/** What a button of times means; `null`: it is none. */
function timesOf(
  { hours, day, move }: DOMStringMap,
  shown: Exploration,
  { end, timeZone }: Catalog,
): Pick<Exploration, 'from' | 'to'> | null {
  if (hours !== undefined) return spanTo(end ?? 0, Number(hours) * 3600)
  if (day !== undefined) return daySpan(end ?? 0, Number(day), timeZone)
  if (move === 'earlier') return moved(shown, -1, timeZone)
  if (move === 'later') return moved(shown, 1, timeZone)
  return move === 'wider' ? wider(shown) : null
}

/** The button whose time is shown, if any is. */
function markPreset(form: HTMLFormElement, exploration: Exploration, catalog: Catalog): void {
  for (const button of form.querySelectorAll<HTMLButtonElement>('[data-hours], [data-day]')) {
    const { from, to } = timesOf(button.dataset, exploration, catalog)!
    button.setAttribute('aria-pressed', String(from === exploration.from && to === exploration.to))
  }
}

function readWall({ value }: Field, timeZone: string): number | undefined {
  const wall = Date.parse(`${value}Z`) / 1000
  return Number.isNaN(wall) ? undefined : momentOf(wall, timeZone)
}

function writeWall(seconds: number, timeZone: string): string {
  return isoTime(wallTimeOf(seconds, timeZone)).slice(0, 16)
}

/** `CET`, or both names where clocks change between. */
function zoneText(from: number, to: number, timeZone: string): string {
  const names = [from, to].map((at) => formatClock(at, timeZone).slice(6))
  return [...new Set(names)].join(' – ')
}
