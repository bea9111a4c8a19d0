import { expect, test } from 'vitest'
import { network } from '../../ingest/classify/network.ts'
import { service } from '../../ingest/classify/service.ts'
import { archivePath, boardSlotAddress, link, matrixAddress, pairAddress } from '../../site/links.ts'
import { linkedFiles } from '../../site/validate.ts'

test.each([
  ['', 'networks/', 'networks/'],
  ['', '', './'],
  ['networks/', '', '../'],
  ['networks/campus/week/', 'networks/campus/', '../'],
  ['networks/campus/', 'networks/campus/week/', 'week/'],
  ['networks/campus/', 'services/http/', '../../services/http/'],
  ['networks/campus/', 'networks/campus/', './'],
  ['scoreboard/2026/11/23/1635/', 'assets/site.css?v=1', '../../../../../assets/site.css?v=1'],
  ['404.html', 'scoreboard/', '/scoreboard/'],
])('from /%s to /%s is %s', (from, to, href) => {
  expect(link(from, to)).toBe(href)
  const root = 'http://host/any/path/'
  if (from !== '404.html') expect(new URL(href, root + from).href).toBe(root + to)
})

test('what is shown at any address leads to the site wherever it lies below its host', () => {
  expect(link('404.html', 'scoreboard/', '/flows/')).toBe('/flows/scoreboard/')
  expect(link('networks/', 'scoreboard/', '/flows/')).toBe('../scoreboard/')
})

test.each([
  { root: '/', href: '/networks/', files: ['networks/index.html'] },
  { root: '/flows/', href: '/flows/networks/?a', files: ['networks/index.html'] },
  { root: '/flows/', href: '/flows/', files: ['index.html'] },
  { root: '/flows/', href: '/networks/', files: [] },
  { root: '/flows/', href: '../networks/', files: ['networks/index.html'] },
])('below $root, $href leads to $files', ({ root, href, files }) => {
  expect(linkedFiles('services/', `<a href="${href}">`, root)).toEqual(files)
})

test('a slot is named by its UTC start', () => {
  expect(boardSlotAddress(Date.parse('2026-11-23T16:35:00Z') / 1000)).toBe('scoreboard/2026/11/23/1635/')
})

test('the archive is a place of its own', () => {
  expect(archivePath('scoreboard/2026/11/23/1635/index.html')).toBe('archive/2026-11-23/1635/index.html')
  expect(archivePath('scoreboard/overall/index.html')).toBeNull()
})

test('a network called services keeps its address; the matrix makes room', () => {
  expect(matrixAddress(network, service, ['campus'])).toBe('networks/services/')
  expect(matrixAddress(network, service, ['services'])).toBe('networks/_services/')
  expect(pairAddress(network, 'services', service, 'http')).toBe('networks/services/services/http/')
})
