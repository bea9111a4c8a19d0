import { parse, type Spec, View } from 'vega'
import { describe, expect, test } from 'vitest'
import { type Item, type Mark, markSvg, marksOf, pathsSvg } from '../../site/charts/scene.ts'
import { stackOf } from '../../site/charts/stack.ts'
import { CHART_SIZES, type ChartSize, STACK_MARK, stackedData, stackedSpec } from '../../site/charts/stacked.ts'

const rules = (...items: Item[]): Mark => ({ marktype: 'rule', items })
const texts = (...items: Item[]): Mark => ({ marktype: 'text', items })

test.each([
  {
    name: 'rules of one look are one path, dashed ones another',
    mark: rules(
      { x: 1.256, y2: 278, stroke: 'grey' },
      { y: 4.5, x2: 844, stroke: 'grey', strokeDash: [4, 3] },
      { x: 9, y: -4, y2: 278, stroke: 'grey' },
    ),
    svg: '<g><path d="M1.26 0v278M9 -4v282" stroke="grey"/><path d="M0 4.5h844" stroke="grey" stroke-dasharray="4,3"/></g>',
  },
  {
    name: 'what all labels of a mark have in common is said by their group, the rest by each',
    mark: texts(
      { text: '06:00', x: 9, y: 294, align: 'center', fontSize: 11, fill: 'black' },
      { text: 'Mon 23', x: 20.5, y: 294, align: 'center', fontSize: 11, fill: 'black', fontWeight: 600 },
    ),
    svg: '<g text-anchor="middle" font-size="11px" fill="black"><text x="9" y="294">06:00</text><text x="20.5" y="294" font-weight="600">Mon 23</text></g>',
  },
  {
    name: 'a label is anybody’s text, and may stand a little lower',
    mark: texts({ text: '<b> & co', y: 10, dy: 4, fontSize: 11, fill: 'black' }),
    svg: '<g font-size="11px" fill="black"><text x="0" y="14">&lt;b&gt; &amp; co</text></g>',
  },
  { name: 'a mark without items is nothing', mark: rules(), svg: '' },
])('$name', ({ mark, svg }) => {
  expect(markSvg(mark)).toBe(svg)
})

test('the stack says once how it is scaled, and only lines that they are not', () => {
  const scaled = { y: 139, scaleX: 2.93055555, scaleY: -1 }
  const items = [
    { ...scaled, fill: 'red', description: '<A>' },
    { ...scaled, stroke: 'black' },
  ]
  expect(pathsSvg('chart-1', { marktype: 'path', items }, (index) => `M${index} 0`)).toBe(
    '<g id="chart-1" transform="translate(0,139) scale(2.9306,-1)"><path d="M0 0" fill="red"><title>&lt;A&gt;</title></path><path vector-effect="non-scaling-stroke" d="M1 0" stroke="black"/></g>',
  )
})

describe('what is written is what Vega draws', () => {
  const points = 288
  const rates = (phase: number) =>
    Float64Array.from({ length: points }, (_, at) =>
      at > 90 && at < 150 ? Number.NaN : 2e6 + 1e6 * Math.sin(at / 20 + phase),
    )
  const both = { in: rates(0), out: rates(2) }
  const from = Date.parse('2026-11-23T00:00:00Z') / 1000
  const chart = {
    title: 'Chart',
    description: 'of a day',
    unit: 'b/s',
    timeZone: 'Europe/Vienna',
    from,
    to: from + points * 300,
    stepSeconds: 300,
    layers: [{ id: 'web', label: 'Web & more', color: '#3b62d9', ...both }],
    total: both,
    percentile95: { in: 2.5e6, out: 1.5e6 },
    events: [
      { number: 1, at: from + 3000, to: from + 9000 },
      { number: 2, at: from + 30_000, to: null },
    ],
  } as const

  test.each(CHART_SIZES)('$name', async (size) => {
    const view = await layOut(size)
    const theirs = await view.toSVG()
    const ours = marksOf(view)
      .map((mark) =>
        mark.name === STACK_MARK ? pathsSvg('stack', mark, (at) => mark.items[at]!.path!) : markSvg(mark),
      )
      .join('')
    expect(rulesIn(ours)).toEqual(rulesOfVega(theirs))
    expect(rulesIn(ours).length).toBeGreaterThan(10)
    expect(textsIn(ours)).toEqual(textsOfVega(theirs))
    expect(textsIn(ours).length).toBeGreaterThan(10)
    expect(pathsIn(ours)).toEqual(pathsOfVega(theirs))
    expect(pathsIn(ours)).toHaveLength(stackOf(chart).paths.length)
  })

  async function layOut(size: ChartSize): Promise<View> {
    const stack = stackOf(chart)
    const view = new View(parse(stackedSpec(size) as Spec), { renderer: 'none' })
    for (const [name, rows] of Object.entries(stackedData(chart, size, stack, stack.paths)))
      view.data(
        name,
        rows.map((row) => ({ ...row })),
      )
    return view.runAsync()
  }
})

const near = (text: string | undefined) => Math.round(Number(text ?? 0) * 100) / 100
const attribute = (tag: string, name: string) => tag.match(new RegExp(` ${name}="([^"]*)"`))?.[1]
const looks = (tag: string, ...names: string[]) => names.map((name) => attribute(tag, name) ?? '').join(' ')
const sorted = (things: string[]) => things.sort()

function rulesIn(svg: string): string[] {
  return sorted(
    [...svg.matchAll(/<path d="((?:M\S+ [^hvM"]+[hv][^hvM"]+)+)"([^>]*)\/>/g)].flatMap(([, path, look]) =>
      [...path!.matchAll(/M(\S+) ([^hv]+)([hv])([^M]+)/g)].map(([, x, y, way, length]) => {
        const ends = way === 'h' ? [near(length), 0] : [0, near(length)]
        return `${near(x)} ${near(y)} ${ends.join(' ')} ${looks(look!, 'stroke', 'stroke-width', 'stroke-dasharray')}`
      }),
    ),
  )
}

function rulesOfVega(svg: string): string[] {
  return sorted(
    (svg.match(/<line [^>]*>/g) ?? []).map((tag) => {
      const [, x, y] = tag.match(/translate\(([^,]*),([^)]*)\)/)!
      const ends = [near(attribute(tag, 'x2')), near(attribute(tag, 'y2'))]
      return `${near(x)} ${near(y)} ${ends.join(' ')} ${looks(tag, 'stroke', 'stroke-width', 'stroke-dasharray')}`
    }),
  )
}

const LOOK = ['font-size', 'font-weight', 'fill']

function textsIn(svg: string): string[] {
  return [...svg.matchAll(/<g([^>]*)>((?:<text[^>]*>[^<]*<\/text>)+)<\/g>/g)].flatMap(([, common, group]) =>
    [...group!.matchAll(/<text([^>]*)>([^<]*)</g)].map(([, own, text]) => {
      const all = own! + common!
      return `${text} ${near(attribute(all, 'x'))} ${near(attribute(all, 'y'))} ${attribute(all, 'text-anchor') ?? 'start'} ${looks(all, ...LOOK)}`
    }),
  )
}

function textsOfVega(svg: string): string[] {
  return [...svg.matchAll(/<text([^>]*)>([^<]*)</g)].map(([, tag, text]) => {
    const [, x, y] = tag!.match(/translate\(([^,]*),([^)]*)\)/)!
    return `${text} ${near(x)} ${near(y)} ${attribute(tag!, 'text-anchor')} ${looks(tag!, ...LOOK)}`
  })
}

function pathsIn(svg: string): string[] {
  const [, transform, group] = svg.match(/<g id="stack" transform="([^"]*)">(.*?)<\/g>/)!
  return [...group!.matchAll(/<path([^>]*?)\/?>(?:<title>([^<]*)<\/title>)?/g)].map(
    ([, tag, title]) => `${title} ${scaled(transform!)} ${looks(tag!, 'd', 'fill', 'stroke', 'stroke-width')}`,
  )
}

function pathsOfVega(svg: string): string[] {
  const [, group] = svg.match(new RegExp(`<g class="mark-path role-mark ${STACK_MARK}"[^>]*>(.*?)</g>`))!
  return (group!.match(/<path[^>]*>/g) ?? []).map(
    (tag) =>
      `${attribute(tag, 'aria-label')} ${scaled(attribute(tag, 'transform')!)} ${looks(tag, 'd', 'fill', 'stroke', 'stroke-width')}`,
  )
}

function scaled(transform: string): string {
  return (transform.match(/-?[\d.]+/g) ?? []).map((number) => near(number)).join(' ')
}
