import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { THEMES } from '../../site/charts/theme.ts'
import { contrast, distance, EYES } from './color.ts'

const ASSETS = new URL('../../templates/assets/', import.meta.url)
const TOKENS = readFileSync(new URL('tokens.css', ASSETS), 'utf8')

/** The variables that each rule sets, by its selector. */
function variablesOf(css: string): Map<string, { [name: string]: string }> {
  const rules = [...css.replaceAll(/\/\*[\s\S]*?\*\//g, '').matchAll(/(:root[^{]*?)\s*{([^}]*)}/g)]
  return new Map(
    rules.map(([, selector, body]) => [
      selector!,
      Object.fromEntries([...body!.matchAll(/--([\w-]+):\s*([^;]+);/g)].map(([, name, value]) => [name!, value!])),
    ]),
  )
}

const rules = variablesOf(TOKENS)
const light = rules.get(':root')!
const bySystem = rules.get(':root:not([data-theme="light"])')!
const bySwitch = rules.get(':root[data-theme="dark"]')!

test('dark is the same by the system and by the switch, and knows every colour of light', () => {
  expect(bySwitch).toEqual(bySystem)
  const colors = Object.keys(light).filter((name) => /^(#|rgb)/.test(light[name]!))
  expect(Object.keys(bySwitch)).toEqual(colors)
})

test('style sheets ask for no variable that nobody sets', () => {
  const sheets = readdirSync(ASSETS).filter((name) => name.endsWith('.css'))
  const css = sheets.map((name) => readFileSync(new URL(name, ASSETS), 'utf8')).join('')
  const set = new Set([...Object.keys(THEMES.light), ...[...css.matchAll(/--([\w-]+):/g)].map(([, name]) => name!)])
  const asked = [...css.matchAll(/var\(--([\w-]+)/g)].map(([, name]) => name!)
  expect(asked.filter((name) => !set.has(name))).toEqual([])
})

test('nothing moves for those who want no motion', () => {
  for (const name of readdirSync(ASSETS).filter((name) => name.endsWith('.css'))) {
    const css = readFileSync(new URL(name, ASSETS), 'utf8')
    const moving = css.replaceAll(/@media \(prefers-reduced-motion: no-preference\) {[\s\S]*?\n}\n/g, '')
    expect(moving, name).not.toMatch(/\b(transition|animation|scroll-behavior)\b[\w-]*:/)
  }
})

describe.each([
  ['light', { ...THEMES.light, ...light }],
  ['dark', { ...THEMES.dark, ...light, ...bySystem }],
] as const)('%s', (_, tokens: { readonly [name: string]: string }) => {
  const of = (name: string) => tokens[name]!

  /** WCAG 2.2, 1.4.3. */
  test.each([
    ...['ink', 'muted', 'accent', 'bad'].flatMap((text) =>
      ['ground', 'surface', 'hover'].map((ground) => ({ text, ground })),
    ),
    { text: 'on-accent', ground: 'accent' },
    { text: 'bad', ground: 'bad-ground' },
    { text: 'ink', ground: 'bad-ground' },
    { text: 'on-band', ground: 'band' },
    { text: 'on-band-muted', ground: 'band' },
  ])('$text on $ground is read', ({ text, ground }) => {
    expect(contrast(of(text), of(ground))).toBeGreaterThanOrEqual(4.5)
  })

  /** WCAG 2.2, 1.4.11. */
  test.each([
    ...['in', 'out', 'good', 'warn', 'bad', 'edge', 'accent'].flatMap((mark) =>
      ['ground', 'surface'].map((ground) => ({ mark, ground })),
    ),
    { mark: 'accent', ground: 'line' },
    { mark: 'on-band', ground: 'band' },
  ])('$mark on $ground is seen', ({ mark, ground }) => {
    expect(contrast(of(mark), of(ground))).toBeGreaterThanOrEqual(3)
  })

  test.each(Object.keys(EYES) as (keyof typeof EYES)[])('in and out are two to %s eyes', (eye) => {
    expect(distance(of('in'), of('out'), eye)).toBeGreaterThanOrEqual(0.1)
  })

  test('charts stand on the ground they are made for', () => {
    expect(of('surface')).toBe(of('chart-background'))
  })

  test('a number on the darkest shade of a matrix is read', () => {
    const shares = [...readFileSync(new URL('matrix.css', ASSETS), 'utf8').matchAll(/--accent\) (\d+)%/g)]
    const darkest = Math.max(...shares.map(([, percent]) => Number(percent)))
    expect(darkest).toBeGreaterThan(30)
    expect(contrast(of('ink'), mix(of('accent'), of('surface'), darkest / 100))).toBeGreaterThanOrEqual(4.5)
  })
})

/** `color-mix(in srgb, …)`. */
function mix(one: string, other: string, share: number): string {
  const channels = [1, 3, 5].map((at) => {
    const [a, b] = [one, other].map((color) => Number.parseInt(color.slice(at, at + 2), 16))
    return Math.round(a! * share + b! * (1 - share))
  })
  return `#${channels.map((value) => value.toString(16).padStart(2, '0')).join('')}`
}
