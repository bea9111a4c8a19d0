/*
 * Colours of charts. A member keeps its colour on every page. The series are eight hues in two lightnesses, chosen by
 * search so that any two stay apart to normal, deuteranope and protanope eyes and all keep 3:1 to the background.
 */

export type ThemeName = 'light' | 'dark'

/** What `--NAME` is in each theme. */
export const THEMES: { readonly [T in ThemeName]: { readonly [name: string]: string } } = {
  light: {
    'chart-background': '#ffffff',
    'chart-text': '#5b6472',
    'chart-line': '#1c2430',
    'chart-peak': '#6f7885',
    'chart-grid': '#e3e7ec',
    'chart-gap': '#f1f3f6',
    'series-other': '#88919d',
    ...series('#4153d4 #ba5b0c #039169 #a31377 #986df9 #1583b0 #77230c #b98608'),
    ...series('#1651a2 #bb6955 #0f4c47 #e3607e #521877 #295569 #b32511 #65613c', 9),
  },
  dark: {
    'chart-background': '#14181f',
    'chart-text': '#9ba5b3',
    'chart-line': '#e9edf2',
    'chart-peak': '#a4adba',
    'chart-grid': '#2a313b',
    'chart-gap': '#1d232c',
    'series-other': '#77818e',
    ...series('#699cf5 #e78002 #53d37d #dc8eb7 #8e5ffa #3ecffb #ba4f2c #f2cf2e'),
    ...series('#aae3fd #ebdba1 #198060 #9e498f #e7aad5 #5d74ba #8c8f78 #9aa460', 9),
  },
}

const SERIES_COUNT = 16

function series(colors: string, first = 1): { readonly [name: string]: string } {
  return Object.fromEntries(colors.split(' ').map((color, index) => [`series-${first + index}`, color]))
}

/** Of the member `other`, whatever the dimension. */
export const OTHER_COLOR = 'var(--series-other)'

/**
 * The colour of a dimension's member by its place in the config, or the one the config gives it. After sixteen the colours
 * come again nearer to that of lines, after forty-eight as they were.
 */
export function colorOf(index: number, configured?: string): string {
  if (configured !== undefined) return configured
  const color = `var(--series-${(index % SERIES_COUNT) + 1})`
  const lineShare = (Math.floor(index / SERIES_COUNT) % 3) * 30
  return lineShare === 0 ? color : `color-mix(in oklab, ${color}, var(--chart-line) ${lineShare}%)`
}

/**
 * For the style sheet: the variables (light, dark where the system prefers it, either when `data-theme` of the root says so)
 * and what shows the drawing of a chart that fits the width of its box.
 */
export function themeCss(): string {
  return `:root{color-scheme:light;${variables('light')}}
@media (prefers-color-scheme:dark){:root:not([data-theme=light]){color-scheme:dark;${variables('dark')}}}
:root[data-theme=dark]{color-scheme:dark;${variables('dark')}}
.chart{container-type:inline-size}
.chart svg{display:block;width:100%;height:auto}
.chart .chart-narrow{display:none}
@container (width<640px){.chart .chart-wide{display:none}.chart .chart-narrow{display:block}}
@media print{.chart svg{break-inside:avoid}}
`
}

function variables(theme: ThemeName): string {
  return Object.entries(THEMES[theme])
    .map(([name, value]) => `--${name}:${value}`)
    .join(';')
}
