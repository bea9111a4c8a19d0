import type { StackedChart } from '../charts/chart.ts'
import { CHART_SIZES } from '../charts/stacked.ts'
import { THEMES, type ThemeName } from '../charts/theme.ts'
import { drawSvg } from './draw.ts'
import { svgElement } from './element.ts'

/** A chart as a picture of its own: with its title, its time and its legend. */
export interface PictureText {
  readonly heading: string
  /** Time, resolution, unit. */
  readonly lines: readonly string[]
}

const SIZE = CHART_SIZES[0]
const MARGIN = 16
const LINE = 18
const FONT = 'system-ui, sans-serif'
/** A picture has twice the pixels of a screen. */
const SCALE = 2

/** An SVG that stands alone: colours resolved, fonts generic, nothing from elsewhere. */
export async function svgPicture(chart: StackedChart, text: PictureText, theme: ThemeName): Promise<SVGSVGElement> {
  const drawing = await drawSvg(chart, SIZE)
  const colors = THEMES[theme]
  const head = [text.heading, ...text.lines].map((line, at) =>
    textAt(
      line,
      MARGIN,
      MARGIN + LINE * (at + 0.75),
      at === 0 ? 15 : 12,
      colors[at === 0 ? 'chart-line' : 'chart-text']!,
    ),
  )
  const top = MARGIN + LINE * head.length + 4
  const legend = legendOf(chart, top + SIZE.height + 8, colors['chart-line']!)
  const [width, height] = [SIZE.width + 2 * MARGIN, top + SIZE.height + 8 + legend.height + MARGIN]
  for (const name of ['class', 'role']) drawing.removeAttribute(name)
  drawing.setAttribute('x', String(MARGIN))
  drawing.setAttribute('y', String(top))
  const picture = svgElement(
    'svg',
    { width, height, viewBox: `0 0 ${width} ${height}`, 'font-family': FONT, role: 'img' },
    svgElement('rect', { width, height, fill: colors['chart-background']! }),
    ...head,
    drawing,
    ...legend.marks,
  )
  resolveStyles(picture, theme)
  return picture
}

/** The same as PNG. */
export async function pngPicture(picture: SVGSVGElement): Promise<Blob> {
  const image = new Image()
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svgText(picture))}`
  await image.decode()
  const canvas = document.createElement('canvas')
  canvas.width = Number(picture.getAttribute('width')) * SCALE
  canvas.height = Number(picture.getAttribute('height')) * SCALE
  canvas.getContext('2d')!.drawImage(image, 0, 0, canvas.width, canvas.height)
  return new Promise((resolve, reject) => {
    canvas.toBlob(
      (blob) => (blob === null ? reject(new Error('no picture could be made')) : resolve(blob)),
      'image/png',
    )
  })
}

export function svgText(picture: SVGSVGElement): string {
  return new XMLSerializer().serializeToString(picture)
}

function textAt(text: string, x: number, y: number, size: number, fill: string): SVGTextElement {
  return svgElement('text', { x, y, 'font-size': size, 'font-weight': size > 12 ? 600 : null, fill }, text)
}

/** In rows as wide as the chart. */
function legendOf({ layers, before }: StackedChart, top: number, color: string) {
  const measure = textMeter()
  const entries = [
    ...layers,
    ...(before === undefined ? [] : [{ label: '- - total of the time before', color: 'none' }]),
  ]
  const marks: SVGElement[] = []
  let [x, y] = [MARGIN, top + LINE]
  for (const { label, color: fill } of entries) {
    const width = 16 + measure(label) + 20
    if (x > MARGIN && x + width > SIZE.width + MARGIN) [x, y] = [MARGIN, y + LINE]
    marks.push(
      svgElement('rect', { x, y: y - 9, width: 10, height: 10, rx: 2, fill }),
      textAt(label, x + 16, y, 12, color),
    )
    x += width
  }
  return { marks, height: y - top }
}

function textMeter(): (text: string) => number {
  const context = document.createElement('canvas').getContext('2d')!
  context.font = `12px ${FONT}`
  return (text) => context.measureText(text).width
}

/** Colours become what they are in a theme, and fonts what any program has. */
function resolveStyles(picture: SVGSVGElement, theme: ThemeName): void {
  for (const part of picture.querySelectorAll('*')) {
    for (const name of ['fill', 'stroke']) {
      const color = part.getAttribute(name)
      if (color !== null && color !== 'none') part.setAttribute(name, resolveColor(color, theme))
    }
    if (part.getAttribute('font-family') === 'inherit') part.setAttribute('font-family', FONT)
  }
}

/** `#rrggbb` of anything CSS takes for a colour, variables of a theme included. */
function resolveColor(color: string, theme: ThemeName): string {
  const plain = color.replace(/var\(--([a-z0-9-]+)\)/g, (_, name: string) => THEMES[theme][name] ?? '#888888')
  if (/^#[0-9a-f]{6}$/i.test(plain)) return plain
  const canvas = document.createElement('canvas')
  const context = canvas.getContext('2d', { willReadFrequently: true })!
  context.fillStyle = '#888888'
  context.fillStyle = plain
  context.fillRect(0, 0, 1, 1)
  const [r, g, b] = context.getImageData(0, 0, 1, 1).data
  return `#${[r!, g!, b!].map((each) => each.toString(16).padStart(2, '0')).join('')}`
}
