import { expect, test } from 'vitest'
import { compact } from '../../site/charts/compact.ts'

const rule = (x: string, y: string, across: number, down: number, look: string) =>
  `<line transform="translate(${x},${y})" x2="${across}" y2="${down}" stroke="grey"${look}/>`
const text = (anchor: string, x: string, text: string, look = '') =>
  `<text text-anchor="${anchor}" transform="translate(${x},294)" font-size="11px"${look} fill="black">${text}</text>`

test.each([
  {
    name: 'rules of one look are one path, dashed ones another',
    drawn:
      rule('1.256', '0', 0, 278, '') +
      rule('0', '4.5', 844, 0, ' stroke-dasharray="4,3"') +
      rule('9', '-4', 0, 282, ''),
    compacted:
      '<path d="M1.25 0v278M9 -4v282" stroke="grey"/><path d="M0 4.5h844" stroke="grey" stroke-dasharray="4,3"/>',
  },
  {
    name: 'what all labels of a group have in common is said by the group, the rest by each',
    drawn: `<g>${text('middle', '9', '06:00')}${text('middle', '20.5', 'Mon 23', ' font-weight="600"')}</g>`,
    compacted:
      '<g text-anchor="middle" font-size="11px" fill="black"><text x="9" y="294">06:00</text><text x="20.5" y="294" font-weight="600">Mon 23</text></g>',
  },
  {
    name: 'a label anchored at its start says nothing of it, one that is not does',
    drawn: `<g>${text('start', '9', 'in')}${text('middle', '20', 'no flow files')}</g>`,
    compacted:
      '<g font-size="11px" fill="black"><text x="9" y="294">in</text><text text-anchor="middle" x="20" y="294">no flow files</text></g>',
  },
  {
    name: 'the stack says once how it is scaled, and only lines that they are not',
    drawn:
      '<g id="chart-1"><path vector-effect="non-scaling-stroke" transform="scale(2,-1)" d="M0 0" fill="red"/><path vector-effect="non-scaling-stroke" transform="scale(2,-1)" d="M1 0" stroke="red"/></g>',
    compacted:
      '<g id="chart-1" transform="scale(2,-1)"><path d="M0 0" fill="red"/><path vector-effect="non-scaling-stroke" d="M1 0" stroke="red"/></g>',
  },
])('$name', ({ drawn, compacted }) => {
  expect(compact(drawn)).toBe(compacted)
})
