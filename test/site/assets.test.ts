import { expect, test } from 'vitest'
import { squeeze, styleSheets } from '../../site/assets.ts'

test('style sheets of components stand behind what they build upon; paper and heavy pages have their own', () => {
  const names = [
    'print.css',
    'zebra.css',
    'site.js',
    'tables.css',
    'base.css',
    'ant.css',
    'tokens.css',
    'icon.svg',
    'explore.css',
  ]
  expect(styleSheets(names)).toEqual(['tokens.css', 'base.css', 'tables.css', 'ant.css', 'zebra.css'])
})

test('a style sheet loses comments and blanks, and nothing in strings', () => {
  const css = `/* it's "so" */
a > b,
.c :hover {
  content: " ( ; } )  ";
  font: 400 1rem / 1.5 "A  B", serif;
}

@media (max-width: 40rem) {
  a {
    /* why */
    color: var(--ink);
  }
}
`
  expect(squeeze(css).trim()).toBe(
    'a>b,.c :hover{content:" ( ; } )  ";font:400 1rem / 1.5 "A  B",serif}@media (max-width:40rem){a{color:var(--ink)}}',
  )
})
