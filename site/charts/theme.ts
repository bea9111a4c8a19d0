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
    'chart-peak': '#858e9a',
    'chart-grid': '#e3e7ec',
    'chart-gap': '#f1f3f6',
    'chart-event': '#a87400',
    'series-other': '#88919d',
    ...series('#3d62da #c2570c #0a9670 #a01570 #976df6 #0f8fc4 #7a260e #b98a08'),
    ...series('#1b4a96 #bb6955 #0f4c47 #e3607e #521877 #295569 #b32511 #65613c', 9),
  },
  dark: {
    'chart-background': '#14181f',
    'chart-text': '#9ba5b3',
    'chart-line': '#e9edf2',
    'chart-peak': '#8d97a5',
    'chart-grid': '#2a313b',
    'chart-gap': '#1d232c',
    'chart-event': '#e6bd5c',
    'series-other': '#77818e',
    ...series('#6a9bf7 #ea8a1f #53d38a #e08fb9 #8f62f5 #52cdf5 #bf5530 #f2cf3a'),
    ...series('#aae0fd #ebdba1 #1f8766 #a34d94 #e5abd5 #5d74ba #8c8f78 #9aa460', 9),
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
 * For the style sheet: the variables (light; dark on screens where the system prefers it; either when `data-theme` of the
 * root says so) and the rules that show the drawing of a chart that fits the width of its box.
 */
export function themeCss(): string {
  return `:root{color-scheme:light;${variables('light')}}
@media screen and (prefers-color-scheme:dark){:root:not([data-theme=light]){color-scheme:dark;${variables('dark')}}}
@media screen{:root[data-theme=dark]{color-scheme:dark;${variables('dark')}}}
.chart{container-type:inline-size}
.chart svg{display:block;width:100%;height:auto;overflow:visible}
.chart .chart-middle,.chart .chart-narrow{display:none}
@container (width<800px){.chart .chart-wide{display:none}.chart .chart-middle{display:block}}
@container (width<480px){.chart .chart-middle{display:none}.chart .chart-narrow{display:block}}
`
}

function variables(theme: ThemeName): string {
  return Object.entries(THEMES[theme])
    .map(([name, value]) => `--${name}:${value}`)
    .join(';')
}
