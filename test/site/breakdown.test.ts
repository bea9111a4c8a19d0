import { beforeEach, expect, test } from 'vitest'
import { breakdownOf, breakdownOfTotal, disjointNetworks } from '../../site/pages/breakdown.ts'
import { createSite, type Site } from '../../site/pages/site.ts'
import { configOf } from './stored.ts'

let site: Site
beforeEach(() => {
  site = createSite(configOf())
})
const of = (name: string) => site.dimensions.find(({ dimension }) => dimension.name === name)!
const dividedBy = (name: string, id: string) =>
  breakdownOf(site, of(name), of(name).members.find((member) => member.id === id)!)!

test('networks that hold others are not stacked with them', () => {
  expect(disjointNetworks(configOf())).toEqual(new Set(['lab', 'dorm']))
  const nested = configOf({ networks: { all: ['192.0.2.0/24', '2001:db8::/32'], one: '2001:db8:1::/48' } })
  expect(disjointNetworks(nested)).toEqual(new Set(['one']))
  const apart = configOf({ networks: { a: '192.0.2.0/25', b: '192.0.2.128/25' } })
  expect(disjointNetworks(apart)).toEqual(new Set(['a', 'b']))
})

test.each([
  ['network', 'campus', 'network/campus,service/http', 'networks/campus/services/http/'],
  ['service', 'http', 'network/campus,service/http', 'networks/campus/services/http/'],
  ['protocol', 'other', 'network/campus,protocol/other', 'networks/campus/protocols/other/'],
  ['router', 'border', 'router/border,service/http', 'routers/border/services/http/'],
  ['tos', 'other', 'router/border,tos/other', 'routers/border/tos/other/'],
])('%s/%s is divided by its most telling pair', (name, id, cell, address) => {
  const { members, layerOf, addressOf } = dividedBy(name, id)
  expect(layerOf(members[0]!).cell).toBe(cell)
  expect(addressOf(members[0]!.id)).toBe(address)
})

test('everything is divided by service; members keep their colours', () => {
  const total = breakdownOfTotal(site)
  expect(total.members.map(({ id }) => total.cellOf(id))).toEqual(['service/http', 'service/dns', 'service/other'])
  const { members, layerOf } = dividedBy('network', 'campus')
  expect(total.layerOf(total.members[1]!).color).toBe(layerOf(members[1]!).color)
})

test('without a pair there is nothing to divide by', () => {
  const alone = createSite(configOf({ reports: { pairs: [] } }))
  expect(breakdownOf(alone, alone.dimensions[0]!, alone.dimensions[0]!.members[0]!)).toBeNull()
})
