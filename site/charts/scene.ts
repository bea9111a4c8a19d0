import type { View } from 'vega'

/*
 * What Vega laid out, as SVG in few words: rules of one look are one path, and what the labels of a mark have in common is said by their
 * group. Vega's own renderer says twice as much and takes three times as long; pages of thousands of members are mostly charts.
 */

/** A mark of a specification with its items, in pixels of the plot. */
export interface Mark {
  readonly marktype: 'rule' | 'rect' | 'path' | 'text'
  readonly name?: string
  readonly items: readonly Item[]
}

/** Vega's names. What a specification does not set is not there, or `null`. */
export interface Item {
  readonly x?: number
  readonly y?: number
  /** Of a rule. */
  readonly x2?: number
  readonly y2?: number
  /** Of a rect. */
  readonly width?: number
  readonly height?: number
  /** Of a path. */
  readonly scaleX?: number
  readonly scaleY?: number
  readonly path?: string
  readonly description?: string
  /** Of a text. */
  readonly text?: string
  readonly dy?: number
  readonly align?: 'left' | 'center' | 'right'
  readonly fontSize?: number
  readonly fontWeight?: number
  readonly fill?: string
  readonly fillOpacity?: number
  readonly stroke?: string
  readonly strokeWidth?: number
  readonly strokeDash?: readonly number[]
}

/** The marks of a view that has run. They are Vega's own and change when it runs again. */
export function marksOf(view: View): readonly Mark[] {
  const { root } = view.scenegraph() as unknown as { root: { items: [{ items: readonly Mark[] }] } }
  return root.items[0].items
}

/** Any mark but paths (see `pathsSvg`). Empty where it has no items. */
export function markSvg({ marktype, items }: Mark): string {
  if (items.length === 0) return ''
  if (marktype === 'rule') return rulesSvg(items)
  return marktype === 'rect' ? rectsSvg(items) : textsSvg(items)
}

/** A rule goes across or down. */
function rulesSvg(rules: readonly Item[]): string {
  const paths = new Map<string, string>()
  for (const rule of rules) {
    const { x = 0, y = 0, x2 = x, y2 = y } = rule
    const look = lookOf(rule)
    const path = paths.get(look) ?? ''
    paths.set(look, `${path}M${pixels(x)} ${pixels(y)}${x2 === x ? `v${pixels(y2 - y)}` : `h${pixels(x2 - x)}`}`)
  }
  return `<g>${[...paths].map(([look, path]) => `<path d="${path}"${look}/>`).join('')}</g>`
}

/** The rects of a mark look alike. */
function rectsSvg(rects: readonly Item[]): string {
  const path = rects
    .map(({ x = 0, y = 0, width = 0, height = 0 }) => {
      const across = pixels(width)
      return `M${pixels(x)} ${pixels(y)}h${across}v${pixels(height)}h-${across}z`
    })
    .join('')
  return `<path d="${path}"${lookOf(rects[0]!)}/>`
}

/** Paths that are scaled and moved alike; it matters to those with a stroke that their strokes are not. */
export function pathsSvg(id: string, { items }: Mark, pathOf: (index: number) => string): string {
  if (items.length === 0) return `<g id="${id}"/>`
  const { y = 0, scaleX = 1, scaleY = 1 } = items[0]!
  const paths = items.map((item, index) => {
    const effect = item.stroke == null ? '' : ' vector-effect="non-scaling-stroke"'
    const open = `<path${effect} d="${pathOf(index)}"${lookOf(item)}`
    return item.description == null ? `${open}/>` : `${open}><title>${escapeText(item.description)}</title></path>`
  })
  return `<g id="${id}" transform="translate(0,${pixels(y)}) scale(${factor(scaleX)},${factor(scaleY)})">${paths.join('')}</g>`
}

const ANCHORS = { left: '', center: ' text-anchor="middle"', right: ' text-anchor="end"' }

function textsSvg(texts: readonly Item[]): string {
  const looks = texts.map(({ align = 'left', fontSize, fontWeight, fill }) => [
    ANCHORS[align],
    ` font-size="${fontSize}px"`,
    fontWeight == null ? '' : ` font-weight="${fontWeight}"`,
    ` fill="${fill}"`,
  ])
  const isCommon = looks[0]!.map((look, at) => looks.every((each) => each[at] === look))
  const part = (look: readonly string[], common: boolean) => look.filter((_, at) => isCommon[at] === common).join('')
  const labels = texts.map(({ x = 0, y = 0, dy = 0, text }, at) => {
    const place = `x="${pixels(x)}" y="${pixels(y + dy)}"`
    return `<text ${place}${part(looks[at]!, false)}>${escapeText(String(text))}</text>`
  })
  return `<g${part(looks[0]!, true)}>${labels.join('')}</g>`
}

/** Colours are variables of the style sheet or of the config's form, not anybody's text. */
function lookOf({ fill, fillOpacity, stroke, strokeWidth, strokeDash }: Item): string {
  return (
    (fill == null ? '' : ` fill="${fill}"`) +
    (fillOpacity == null ? '' : ` fill-opacity="${fillOpacity}"`) +
    (stroke == null ? '' : ` stroke="${stroke}"`) +
    (strokeWidth == null ? '' : ` stroke-width="${strokeWidth}"`) +
    (strokeDash == null ? '' : ` stroke-dasharray="${strokeDash}"`)
  )
}

function pixels(length: number): number {
  return Math.round(length * 100) / 100
}

function factor(scale: number): number {
  return Math.round(scale * 10_000) / 10_000
}

export function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
