import { expect, test } from 'vitest'
import { styleSheets } from '../../site/assets.ts'

test('style sheets of components stand between what they build upon and paper', () => {
  const names = ['print.css', 'zebra.css', 'site.js', 'tables.css', 'base.css', 'ant.css', 'tokens.css', 'icon.svg']
  expect(styleSheets(names)).toEqual(['tokens.css', 'base.css', 'tables.css', 'ant.css', 'zebra.css', 'print.css'])
})
