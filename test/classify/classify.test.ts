import { expect, test } from 'vitest'
import { createAddressSpace, createEnds } from '../../ingest/classify/direction.ts'
import { activeDimensions, activePairs, dimensions } from '../../ingest/classify/index.ts'
import { parseConfig } from '../../ingest/config/load.ts'
import type { ConfigInput } from '../../ingest/config/schema.ts'
import { parseAddress } from '../../ingest/model/address.ts'
import { DIRECTIONS } from '../../ingest/model/direction.ts'
import { createFlowBatch, UNKNOWN } from '../../ingest/model/flow-batch.ts'
import { openRoom } from '../../ingest/model/heap.ts'

interface Flow {
  src?: string
  dst?: string
  srcPort?: number
  dstPort?: number
  protocol?: number
  tos?: number
  srcAs?: number
  dstAs?: number
  exporter?: string
}

const input: ConfigInput = {
  subnets: ['198.51.100.0/24', '2001:db8::/32'],
  networks: { campus: '198.51.100.0/24', servers: '198.51.100.0/28', labs: '2001:db8:1::/48' },
  services: { web: '80/tcp,443/tcp', dns: '53/udp,53/tcp', high: '443-500/tcp' },
  protocols: { tcp: 6, udp: 17 },
  tos: { normal: 0, low: '1-63', rest: '60-255' },
  asNumbers: { alpha: 64500, beta: '65536-65540, 7' },
  routers: { edge: ['127.0.0.2', '::1'], core: '127.0.0.3' },
}

/** What one flow counts as: `member direction` in every dimension. */
function classify(flow: Flow, more: Partial<ConfigInput> = {}): { direction: string; [dimension: string]: string } {
  const { config } = parseConfig({ ...input, ...more }, '/flowscan.config.ts')
  const room = openRoom()
  const space = createAddressSpace(config, room)
  const batch = createFlowBatch(1, room.allocate)
  batch.length = 1
  batch.srcAddr.set(parseAddress(flow.src ?? '192.0.2.1')!)
  batch.dstAddr.set(parseAddress(flow.dst ?? '198.51.100.1')!)
  batch.srcPort[0] = flow.srcPort ?? 40_000
  batch.dstPort[0] = flow.dstPort ?? 40_001
  batch.protocol[0] = flow.protocol ?? 6
  batch.tos[0] = flow.tos ?? 0
  batch.srcAs[0] = flow.srcAs ?? 0
  batch.dstAs[0] = flow.dstAs ?? 0
  batch.exporter[0] = 0
  const ends = createEnds(room, 1)
  space.locate(batch, ends)
  const result: { direction: string; [dimension: string]: string } = { direction: DIRECTIONS[ends.direction[0]!]! }
  for (const dimension of activeDimensions(config)) {
    const classifier = dimension.classifier(config, space, room)
    const codes = new Uint32Array(...room.allocate(4), 1)
    classifier.classify(batch, ends, [flow.exporter ?? '127.0.0.2'], codes)
    expect(codes[0]).toBeLessThan(classifier.codes)
    const members = dimension.members(config)
    result[dimension.name] = classifier
      .memberships(codes[0]!, ends.direction[0]!)
      .map(({ member, direction }) => `${members[member]!.id} ${DIRECTIONS[direction]}`)
      .sort()
      .join(', ')
  }
  room.close()
  return result
}

test.each([
  { name: 'in: only the destination is ours', flow: { src: '192.0.2.1', dst: '198.51.100.1' }, direction: 'in' },
  { name: 'out: only the source is ours', flow: { src: '198.51.100.1', dst: '192.0.2.1' }, direction: 'out' },
  { name: 'internal: both are', flow: { src: '198.51.100.1', dst: '198.51.100.2' }, direction: 'internal' },
  { name: 'transit: neither is', flow: { src: '192.0.2.1', dst: '192.0.2.2' }, direction: 'transit' },
  { name: 'IPv6', flow: { src: '2001:db8::1', dst: '2001:db9::1' }, direction: 'out' },
  { name: 'multicast from us is out', flow: { src: '198.51.100.1', dst: '239.1.2.3' }, direction: 'out' },
  { name: 'multicast from elsewhere is in', flow: { src: '192.0.2.1', dst: 'ff02::1' }, direction: 'in' },
  {
    name: 'internal: one of ours with itself',
    flow: { src: '198.51.100.1', dst: '198.51.100.1' },
    direction: 'internal',
  },
  { name: 'transit: a stranger with itself', flow: { src: '192.0.2.1', dst: '192.0.2.1' }, direction: 'transit' },
  { name: 'transit: no address at all', flow: { src: '::', dst: '0.0.0.0' }, direction: 'transit' },
  { name: 'out: broadcast', flow: { src: '198.51.100.1', dst: '255.255.255.255' }, direction: 'out' },
  { name: 'in: IPv4 written as mapped IPv6', flow: { dst: '::ffff:198.51.100.1' }, direction: 'in' },
])('direction $name', ({ flow, direction }) => {
  expect(classify(flow).direction).toBe(direction)
})

test.each([
  {
    name: 'counts for every network that holds the end',
    flow: { dst: '198.51.100.1' },
    network: 'campus in, servers in',
  },
  {
    name: 'is out of the network of its source',
    flow: { src: '198.51.100.99', dst: '192.0.2.1' },
    network: 'campus out',
  },
  {
    name: 'is internal where both ends are in it',
    flow: { src: '198.51.100.99', dst: '198.51.100.1' },
    network: 'campus internal, servers in',
  },
  { name: 'passes networks by', flow: { src: '192.0.2.1', dst: '192.0.2.2' }, network: '' },
])('network: a flow $name', ({ flow, network }) => {
  expect(classify(flow).network).toBe(network)
})

test.each([
  { name: 'the destination port decides', flow: { srcPort: 53, dstPort: 80 }, service: 'web in' },
  { name: 'else the source port', flow: { srcPort: 53, dstPort: 9999 }, service: 'dns in' },
  { name: 'else other', flow: {}, service: 'other in' },
  { name: 'the protocol matters', flow: { dstPort: 80, protocol: 17 }, service: 'other in' },
  { name: 'the first service that names a port has it', flow: { dstPort: 443 }, service: 'web in' },
  { name: 'ranges include their last port', flow: { dstPort: 500 }, service: 'high in' },
])('service: $name', ({ flow, service }) => {
  expect(classify(flow).service).toBe(service)
})

test.each([
  { name: 'protocol by number', flow: { protocol: 17 }, dimension: 'protocol', member: 'udp in' },
  { name: 'protocol not named', flow: { protocol: 255 }, dimension: 'protocol', member: 'other in' },
  {
    name: 'protocol of multicast',
    flow: { protocol: 17, dst: '224.0.0.5' },
    dimension: 'protocol',
    member: 'multicast in',
  },
  { name: 'the first TOS class that fits', flow: { tos: 61 }, dimension: 'tos', member: 'low in' },
  { name: 'the last TOS value', flow: { tos: 255 }, dimension: 'tos', member: 'rest in' },
  {
    name: 'the AS of the source of what comes in',
    flow: { srcAs: 64500, dstAs: 7 },
    dimension: 'as',
    member: 'alpha in',
  },
  {
    name: 'the AS of the destination of what goes out',
    flow: { src: '198.51.100.1', dst: '192.0.2.1', srcAs: 64500, dstAs: 7 },
    dimension: 'as',
    member: 'beta out',
  },
  { name: 'an AS number of 32 bits', flow: { srcAs: 65_540 }, dimension: 'as', member: 'beta in' },
  { name: 'the AS number behind a range', flow: { srcAs: 65_541 }, dimension: 'as', member: 'other in' },
  { name: 'the greatest AS number', flow: { srcAs: 4_294_967_295 }, dimension: 'as', member: 'other in' },
  {
    name: 'no AS for internal traffic',
    flow: { src: '198.51.100.1', dst: '198.51.100.2', srcAs: 64500 },
    dimension: 'as',
    member: 'other internal',
  },
  { name: 'a router by any of its addresses', flow: { exporter: '::1' }, dimension: 'router', member: 'edge in' },
  { name: 'a router not in the config', flow: { exporter: '127.0.0.9' }, dimension: 'router', member: 'other in' },
])('$name', ({ flow, dimension, member }) => {
  expect(classify(flow)[dimension]).toBe(member)
})

test.each([
  { name: 'port 0', flow: { srcPort: 0, dstPort: 0 }, service: 'other in' },
  { name: 'the greatest port', flow: { srcPort: 65_535, dstPort: 65_535 }, service: 'other in' },
  { name: 'type and code of ICMP, where a port would stand', flow: { protocol: 1, dstPort: 771 }, service: 'other in' },
  { name: 'protocol 255', flow: { protocol: 255, dstPort: 80 }, service: 'other in' },
])('no service is found in $name', ({ flow, service }) => {
  expect(classify(flow, { services: { web: '80/tcp', odd: '771/tcp,771/udp' } }).service).toBe(service)
})

test('AS 0 and the greatest AS number are members like any other, when the config names them', () => {
  const asNumbers = { unknown: 0, last: 4_294_967_295 }
  expect(classify({ srcAs: 0 }, { asNumbers }).as).toBe('unknown in')
  expect(classify({ srcAs: 4_294_967_295 }, { asNumbers }).as).toBe('last in')
  expect(classify({ srcAs: 4_294_967_294 }, { asNumbers }).as).toBe('other in')
})

test('what a file does not say counts for no member, whatever the config names', () => {
  const unsaid = { src: '::', dst: '::', srcPort: 0, dstPort: 0, protocol: UNKNOWN, tos: UNKNOWN }
  expect(
    classify(unsaid, {
      subnets: ['0.0.0.0/0', '::/0'],
      networks: { ipv4: '0.0.0.0/0', ipv6: '::/0' },
      services: Object.fromEntries([0, 1, 6, 17, 255].map((protocol) => [`s${protocol}`, `0-65535/${protocol}`])),
      protocols: { hopopt: 0, reserved: 255 },
      tos: { all: '0-255' },
    }),
  ).toEqual({
    direction: 'transit',
    network: '',
    service: 'other transit',
    protocol: 'other transit',
    router: 'edge transit',
    as: 'other transit',
    tos: 'other transit',
  })
})

test.each([
  {
    name: 'counts services by each port',
    flow: { srcPort: 53, dstPort: 80 },
    expected: { 'service-src': 'dns in', 'service-dst': 'web in' },
  },
  {
    name: 'counts multicast in no service and network',
    flow: { src: '198.51.100.1', dst: '224.0.0.5', dstPort: 80 },
    expected: { 'service-dst': '', network: '', protocol: 'multicast out' },
  },
  {
    name: 'counts networks only across the border',
    flow: { src: '198.51.100.99', dst: '198.51.100.1' },
    expected: { network: '' },
  },
])("compat 'cuflow' $name", ({ flow, expected }) => {
  expect(classify(flow, { compat: 'cuflow' })).toMatchObject(expected)
})

test('pairs are kept where both dimensions are counted; services stand for both of CUFlow', () => {
  const names = (more: Partial<ConfigInput>) =>
    activePairs(parseConfig({ ...input, ...more }, '/flowscan.config.ts').config).map((pair) =>
      pair.map(({ name }) => name).join(),
    )
  expect(names({ reports: { pairs: [['network', 'service']] } })).toEqual(['network,service'])
  expect(names({ reports: { pairs: [['network', 'service']] }, compat: 'cuflow' })).toEqual([
    'network,service-src',
    'network,service-dst',
  ])
  expect(names({ reports: { pairs: [['network', 'service']] }, networks: {} })).toEqual([])
})

test('names and addresses of dimensions are unique and safe in paths', () => {
  const names = dimensions.flatMap(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
  expect(new Set(dimensions.map(({ plural }) => plural)).size).toBe(dimensions.length)
  for (const { name, plural } of dimensions) expect(`${name}${plural}`).toMatch(/^[a-z-]+$/)
})

test('the last of as many members as a section may have is counted as itself', () => {
  const many = Object.fromEntries(Array.from({ length: 65_535 }, (_, n) => [`as${n}`, n + 1]))
  expect(classify({ srcAs: 65_535 }, { asNumbers: many }).as).toBe('as65534 in')
  expect(classify({ srcAs: 65_536 }, { asNumbers: many }).as).toBe('other in')
})
