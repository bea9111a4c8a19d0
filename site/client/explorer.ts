import { SLOT_SECONDS } from '../../ingest/model/time.ts'
import type { Measured } from '../cells.ts'
import { type Exploration, queryOf } from '../exploration.ts'
import type { Month } from '../months.ts'
import { SHOWN } from '../units.ts'
import { assemble } from './assemble.ts'
import { type Catalog, divisionsOf } from './catalog.ts'
import { type Change, createControls } from './controls.ts'
import { element, find } from './element.ts'
import { eventList } from './events.ts'
import { type MonthWhole, monthOf, wholeOf } from './month.ts'
import { averagesOf, numbersOf } from './numbers.ts'
import { beginningOf, endsNow, type Plan, planAt, planOf } from './plan.ts'
import { emptyPlot, upgradePlot } from './plot.ts'
import { createSource, Gone, type Source } from './published.ts'
import { readQuery } from './query.ts'
import { createSaver } from './save.ts'
import { cellsOf, emptyReason, type Shown, shownOf } from './shown.ts'
import { notesOf, resolutionText, timeBefore, timeText } from './words.ts'

/** Brings the page of the explorer to life. */
export async function startExplorer(form: HTMLFormElement): Promise<void> {
  const { catalog: address, root } = form.dataset as { catalog: string; root: string }
  form.addEventListener('submit', (event) => event.preventDefault())
  if (location.protocol === 'file:') return tell(form, FROM_FILE)
  const source = createSource(address, root)
  try {
    const explorer = createExplorer(form, source, root, await source.readCatalog())
    addEventListener('popstate', () => explorer.open(location.search))
    explorer.open(location.search)
  } catch (error) {
    tell(form, error instanceof Gone ? NO_CATALOG : `The data could not be read. ${(error as Error).message}`)
  }
}

const FROM_FILE =
  'The explorer asks a web server for its data, and this page was opened from a file. flowscan serve shows the site on this machine.'
const NO_CATALOG = 'There are no data beside this site yet: flowscan build publishes them.'

interface Answer {
  readonly plan: Plan
  readonly now: Measured
  readonly before: Measured | null
  /** `null`: what is shown is not of one month. */
  readonly month: Month | null
  /** Nobody waits for it; `null`: it is not told. */
  readonly whole: Promise<MonthWhole | null>
}

function createExplorer(form: HTMLFormElement, source: Source, root: string, first: Catalog) {
  let catalog = first
  let readAt = Date.now()
  let shown: Exploration | undefined
  let asked = 0
  const controls = createControls(form, first, go)
  const saver = createSaver(form)

  /** To another exploration, from which there is a way back. */
  async function go(change: Change): Promise<void> {
    await keepUp()
    const query = queryOf(changed(shown!, change(catalog), catalog))
    history.pushState(null, '', `?${query}`)
    open(query)
  }

  /** A page may stay open for days. What cannot be read just now is left as it was. */
  async function keepUp(): Promise<void> {
    if (Date.now() - readAt < SLOT_SECONDS * 1000) return
    readAt = Date.now()
    catalog = await source.readCatalog().catch(() => catalog)
    if (catalog.end !== first.end) tellFresh()
  }

  function open(query: string): void {
    const { exploration, mistakes } = readQuery(query, catalog)
    shown = exploration
    if (mistakes.length === 0) history.replaceState(null, '', `?${queryOf(exploration)}`)
    controls.show(exploration, catalog)
    find(form, '.mistakes').replaceChildren(...mistakes.map((mistake) => element('li', {}, mistake)))
    void answer(exploration)
  }

  async function answer(exploration: Exploration): Promise<void> {
    const mine = ++asked
    form.classList.add('is-loading')
    try {
      const answered = await fetchTwice(exploration)
      if (mine === asked) await present(exploration, answered, () => mine === asked)
    } catch (error) {
      if (mine === asked)
        tell(form, error instanceof Gone ? MOVED_ON : `The data could not be read. ${(error as Error).message}`)
    } finally {
      if (mine === asked) form.classList.remove('is-loading')
    }
  }

  /** Windows that went with a release of long ago have successors in today's catalog. */
  async function fetchTwice(exploration: Exploration): Promise<Answer> {
    try {
      return await fetchAnswer(source, catalog, exploration)
    } catch (error) {
      if (!(error instanceof Gone)) throw error
      catalog = await source.readCatalog()
      return fetchAnswer(source, catalog, exploration)
    }
  }

  async function present(exploration: Exploration, answer: Answer, isWanted: () => boolean): Promise<void> {
    const { plan, now, before } = answer
    const empty = emptyReason(catalog, exploration, plan, now, beginningOf(catalog))
    const answered = shownOf(catalog, exploration, plan, now, before)
    find(form, '#shown').textContent = answered.heading
    find(form, '.head .unit').textContent = timeText(plan, catalog)
    if (empty !== '') {
      saver.offer(null)
      return tell(form, empty)
    }
    const plot = emptyPlot()
    const hadFocus = form.querySelector('.plot .cursor') === document.activeElement && document.activeElement !== null
    const saveable = {
      name: answered.heading.toLowerCase().replace(/[^a-z0-9]+/g, '-'),
      data: answered.data,
      chart: answered.chart,
      text: {
        heading: answered.heading,
        lines: [`${timeText(plan, catalog)}; ${SHOWN[exploration.measure].rateInWords}`],
      },
    }
    await upgradePlot(plot, {
      chart: answered.chart,
      entries: averagesOf(answered),
      boards: catalog.boards === undefined ? null : { root, since: catalog.boards },
      onSelect: (from, to) => void go(() => ({ from, to })),
      onHide: (chart) => saver.offer({ ...saveable, chart }),
    })
    plot.append(...[eventList(answered.events)].filter((list) => list !== null))
    find(form, '.plot').replaceWith(plot)
    if (hadFocus) find(plot, '.cursor').focus()
    await presentNumbers(exploration, answered, answer, isWanted)
    const notes = notesOf(catalog, exploration, plan, answered, now)
    find(form, '.notes').replaceChildren(...notes.map((note) => element('p', { class: 'note' }, note)))
    find(form, '.state').textContent = resolutionText(plan)
    saver.offer(saveable)
  }

  /** At once; what they are of their month comes when it is known, to a place that is kept for it. */
  async function presentNumbers(
    exploration: Exploration,
    shown: Shown,
    { plan, month, whole }: Answer,
    isWanted: () => boolean,
  ): Promise<void> {
    const isNow = endsNow(catalog, plan)
    const fill = (month: Month | null, whole: MonthWhole | null) => {
      const numbers = numbersOf(catalog, exploration, shown, { isNow, month, whole }, root)
      find(form, '.numbers').replaceChildren(...numbers)
      find(form, '.numbers table').dispatchEvent(new Event('sortable', { bubbles: true }))
    }
    const fillWhole = (known: MonthWhole | null) => fill(known && month, known)
    const known = await Promise.race([whole, undefined])
    if (known !== undefined) return fillWhole(known)
    fill(month, null)
    void whole.then((late) => isWanted() && fillWhole(late))
  }

  return { open }
}

/** What the page says of old data (`site.js`) was of those that it came with. */
function tellFresh(): void {
  const { dataset } = document.documentElement
  delete dataset.staleAfter
  delete dataset.stale
}

const MOVED_ON = 'The data went on while they were read. Load the page again to see today’s.'

/** With a change; a choice that it does not allow any more goes, and what is usual for it comes. */
function changed(shown: Exploration, change: Partial<Exploration>, catalog: Catalog): Partial<Exploration> {
  const { drawing, by, only, ...rest } = { ...shown, ...change }
  if (change.by !== undefined) return { ...rest, by: change.by }
  const isDivisible = by === null || divisionsOf(catalog, rest.of).some(({ name }) => name === by)
  return isDivisible ? { ...rest, by, only, drawing } : rest
}

async function fetchAnswer(source: Source, catalog: Catalog, exploration: Exploration): Promise<Answer> {
  const plan = planOf(catalog, exploration.from, exploration.to)
  const cells = cellsOf(catalog, exploration)
  const read = async (part: Plan) =>
    assemble(part, await Promise.all(part.windows.map((window) => source.readWindow(window, cells))))
  const { from, to } = timeBefore(plan)
  const earlier = planAt(catalog, plan.step, from, to)
  const month = monthOf(catalog, exploration, plan)
  const statement = month && source.readStatement(month.name)
  const [now, before] = await Promise.all([read(plan), exploration.isCompared ? read(earlier) : null])
  const whole = async () => {
    const told = await statement
    return month && told && wholeOf(told, month, exploration, plan, now)
  }
  return { plan, now, before, month, whole: whole() }
}

/** Nothing but a sentence. */
function tell(form: HTMLFormElement, sentence: string): void {
  find(form, '.state').textContent = sentence
  find(form, '.plot').replaceWith(element('div', { class: 'plot' }))
  for (const name of ['.numbers', '.notes']) find(form, name).replaceChildren()
  if (find(form, '#shown').textContent === 'Loading …') find(form, '#shown').textContent = 'Nothing to see yet'
}
