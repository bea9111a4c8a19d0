import { describe, expect, test } from 'vitest'
import { colorOf, OTHER_COLOR, THEMES, themeCss } from '../../site/charts/theme.ts'
import { contrast, distance, EYES } from './color.ts'

const names = ['series-other', ...Array.from({ length: 16 }, (_, index) => `series-${index + 1}`)]

describe.each(['light', 'dark'] as const)('%s', (theme) => {
  const of = (name: string) => THEMES[theme][name]!

  test.each(names)('%s stands out from the background', (name) => {
    expect(contrast(of(name), of('chart-background'))).toBeGreaterThanOrEqual(3)
  })

  test('text can be read, over gaps too, and lines can be seen', () => {
    expect(contrast(of('chart-text'), of('chart-background'))).toBeGreaterThanOrEqual(4.5)
    expect(contrast(of('chart-text'), of('chart-gap'))).toBeGreaterThanOrEqual(4.5)
    expect(contrast(of('chart-line'), of('chart-background'))).toBeGreaterThanOrEqual(7)
    expect(contrast(of('chart-peak'), of('chart-background'))).toBeGreaterThanOrEqual(3)
  })

  test.each(Object.keys(EYES) as (keyof typeof EYES)[])('no two members look alike to %s eyes', (eye) => {
    const close = (count: number, least: number) =>
      names.slice(0, count + 1).flatMap((a, at) =>
        names
          .slice(0, at)
          .filter((b) => distance(of(a), of(b), eye) < least)
          .map((b) => `${a} and ${b}`),
      )
    expect(close(8, 0.06)).toEqual([])
    expect(close(16, 0.05)).toEqual([])
  })
})

test('a member has the colour of its place, or the one it was given', () => {
  expect(colorOf(0)).toBe('var(--series-1)')
  expect(colorOf(15)).toBe('var(--series-16)')
  expect(colorOf(3, '#3366cc')).toBe('#3366cc')
  expect(new Set([...Array.from({ length: 48 }, (_, index) => colorOf(index)), OTHER_COLOR]).size).toBe(49)
})

test('both themes have the same variables, and the style sheet has them all', () => {
  expect(Object.keys(THEMES.dark)).toEqual(Object.keys(THEMES.light))
  const css = themeCss()
  for (const [name, value] of [...Object.entries(THEMES.light), ...Object.entries(THEMES.dark)])
    expect(css).toContain(`--${name}:${value}`)
})
