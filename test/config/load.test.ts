import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { loadConfig, parseConfig } from '../../ingest/config/load.ts'
import type { ConfigInput } from '../../ingest/config/schema.ts'
import { formatPrefix } from '../../ingest/model/address.ts'
import { UserError } from '../../ingest/model/errors.ts'
import { temporaryDirectory } from '../directory.ts'

const MINIMAL: ConfigInput = { subnets: '192.0.2.0/24' }
const parse = (config: Partial<ConfigInput>) =>
  parseConfig({ ...MINIMAL, ...config }, '/etc/flowscan/flowscan.config.ts')

describe('values', () => {
  test.each([
    { written: '192.0.2.0/24', read: ['192.0.2.0/24'] },
    { written: '192.0.2/24', read: ['192.0.2.0/24'] },
    { written: '10/8', read: ['10.0.0.0/8'] },
    { written: '192.0.2.7', read: ['192.0.2.7/32'] },
    { written: '0.0.0.0/0', read: ['0.0.0.0/0'] },
    { written: '2001:db8::/32', read: ['2001:db8::/32'] },
    { written: '::1', read: ['::1/128'] },
    { written: '::/0', read: ['::/0'] },
    { written: '2001:DB8:0::7', read: ['2001:db8::7/128'] },
    { written: '::ffff:192.0.2.7', read: ['192.0.2.7/32'] },
    { written: '10/8, 192.0.2.7,2001:db8::/32', read: ['10.0.0.0/8', '192.0.2.7/32', '2001:db8::/32'] },
    { written: ['10/8', '192.0.2.7,::1'], read: ['10.0.0.0/8', '192.0.2.7/32', '::1/128'] },
  ])('prefixes $written', ({ written, read }) => {
    expect(parse({ subnets: written }).config.subnets.map(formatPrefix)).toEqual(read)
  })

  test.each([
    { written: '80/tcp', read: ['6:80-80'] },
    { written: '20-21/tcp', read: ['6:20-21'] },
    { written: '53/udp,53/tcp', read: ['17:53-53', '6:53-53'] },
    { written: ['53/udp', '53/tcp'], read: ['17:53-53', '6:53-53'] },
    { written: 'https', read: ['6:443-443', '17:443-443'] },
    { written: 'domain/udp', read: ['17:53-53'] },
    { written: 'HTTPS/TCP', read: ['6:443-443'] },
    { written: '5000/132', read: ['132:5000-5000'] },
    { written: '0-65535/udp', read: ['17:0-65535'] },
  ])('ports $written', ({ written, read }) => {
    const [service] = parse({ services: { it: written } }).config.services
    expect(service!.ports.map(({ protocol, from, to }) => `${protocol}:${from}-${to}`)).toEqual(read)
  })

  test('protocols, TOS and AS numbers by number, name and range', () => {
    const { config } = parse({
      protocols: { icmp: ['icmp', 'ipv6-icmp'], tunnels: 'GRE, 4', tcp: 6 },
      tos: { normal: 0, rest: '1-63,252' },
      asNumbers: { ours: 'AS64500', private: '64512-65534, AS4200000000-AS4294967294' },
    })
    expect(config.protocols.map(({ numbers }) => numbers)).toEqual([[1, 58], [47, 4], [6]])
    expect(config.tos[1]!.values).toEqual([
      { from: 1, to: 63 },
      { from: 252, to: 252 },
    ])
    expect(config.asNumbers.map(({ numbers }) => numbers)).toEqual([
      [{ from: 64500, to: 64500 }],
      [
        { from: 64512, to: 65534 },
        { from: 4200000000, to: 4294967294 },
      ],
    ])
  })

  test('a member in short and in long form is the same', () => {
    const { config } = parse({
      networks: { Library: '192.0.2.0/26', hall: { prefixes: '192.0.2.0/26', label: 'The Hall', color: '#3366cc' } },
      routers: {
        border: { addresses: ['192.0.2.1', '2001:db8::1'], sampleRate: 100, border: true },
        inner: '192.0.2.2',
      },
    })
    const [library, hall] = config.networks
    expect(library).toMatchObject({ id: 'library', label: 'Library', color: undefined })
    expect(hall).toEqual({ ...library, id: 'hall', label: 'The Hall', color: '#3366cc' })
    expect(config.routers[1]).toMatchObject({ id: 'inner', label: 'inner', sampleRate: 1, border: false })
  })

  test('ids that a member had before are written as ids or as the keys they came from', () => {
    const { config } = parse({
      networks: { library: { prefixes: '192.0.2.0/26', formerly: ['Old Books', 'archive'] }, hall: '192.0.2.64/26' },
    })
    expect(config.networks.map(({ formerly }) => formerly)).toEqual([['old-books', 'archive'], []])
  })

  test('case 88: members may have one label; their keys tell them apart', () => {
    const of = (prefixes: string) => ({ prefixes, label: 'Library' })
    const { config } = parse({ networks: { north: of('192.0.2.0/26'), south: of('192.0.2.64/26') } })
    expect(config.networks.map(({ id, label }) => [id, label])).toEqual([
      ['north', 'Library'],
      ['south', 'Library'],
    ])
  })

  test('what is not written gets its default', () => {
    expect(parse({}).config).toMatchObject({
      organization: 'Our network',
      networks: [],
      timing: 'spread',
      compat: 'none',
      scoreboard: { top: 10, keep: 100 },
      site: { timeZone: 'UTC' },
    })
    expect(parse({ compat: 'cuflow' }).config.timing).toBe('export')
    expect(parse({ compat: 'cuflow', timing: 'spread' }).config.timing).toBe('spread')
  })
})

test.each(['Europe/Vienna', 'UTC', 'Etc/GMT+5', 'Asia/Calcutta', 'Asia/Kolkata', 'US/Pacific'])(
  'the zone %s',
  (timeZone) => {
    expect(parse({ site: { timeZone } }).config.site.timeZone).toBe(timeZone)
  },
)

describe('any value at all is read or refused in plain words, never a bug', () => {
  test('of whole configs', () => {
    const keys = fc.constantFrom(
      'subnets',
      'networks',
      'services',
      'protocols',
      'tos',
      'asNumbers',
      'routers',
      'flows',
      'site',
      '__proto__',
    )
    fc.assert(
      fc.property(fc.dictionary(keys, fc.anything()), (config) => {
        try {
          parseConfig(config, '/x')
        } catch (error) {
          expect(error).toBeInstanceOf(UserError)
        }
      }),
      { seed: 7, numRuns: 500 },
    )
  })
})

describe('files', () => {
  const SUBNETS = [{ address: [0, 0, 0xffff, 0xc0000200], length: 120 }]

  test.each([
    { name: 'flowscan.config.json', text: '{ "subnets": "192.0.2.0/24" }' },
    { name: 'flowscan.config.js', text: "export default { subnets: '192.0.2.0/24' }" },
    { name: 'flowscan.config.mjs', text: "export default { subnets: '192.0.2.0/24' }" },
    { name: 'flowscan.config.cjs', text: "module.exports = { subnets: '192.0.2.0/24' }" },
    {
      name: 'flowscan.config.ts',
      text: "const own: string = '192.0.2.0/24'\nexport default { subnets: own } satisfies object",
    },
  ])('$name is read', async ({ name, text }) => {
    const file = join(temporaryDirectory(), name)
    writeFileSync(file, text)
    const loaded = await loadConfig(file)
    expect(loaded.config.subnets).toEqual(SUBNETS)
    expect(loaded.file).toBe(file)
  })

  test('a config may import what lies beside it', async () => {
    const folder = temporaryDirectory()
    writeFileSync(join(folder, 'nets.ts'), "export const nets: string[] = ['192.0.2.0/24']")
    writeFileSync(
      join(folder, 'flowscan.config.ts'),
      "import { nets } from './nets.ts'\nexport default { subnets: nets }",
    )
    expect((await loadConfig(join(folder, 'flowscan.config.ts'))).config.subnets).toEqual(SUBNETS)
  })

  test('a changed file is read anew', async () => {
    const file = join(temporaryDirectory(), 'flowscan.config.ts')
    writeFileSync(file, "export default { subnets: '10/8' }")
    await loadConfig(file)
    writeFileSync(file, "export default { subnets: '192.0.2.0/24' }")
    expect((await loadConfig(file)).config.subnets).toEqual(SUBNETS)
  })

  test.each([
    { name: 'is missing', text: null, error: /flowscan\.config\.ts: no such config; give one with --config FILE/ },
    { name: 'does not parse', text: 'export default {', error: /flowscan\.config\.ts: cannot be loaded: / },
    {
      name: 'throws',
      text: "throw new Error('on purpose')",
      error: /flowscan\.config\.ts: cannot be loaded: on purpose/,
    },
    { name: 'throws no error', text: 'throw null', error: /flowscan\.config\.ts: cannot be loaded: null/ },
    { name: 'exports nothing', text: 'export {}', error: /subnets: missing/ },
    {
      name: 'is far too large',
      text: `/*${' '.repeat(8 << 20)}*/`,
      error: /8388612 bytes is no config; the limit is 8388608/,
    },
  ])('one that $name is refused in plain words', async ({ text, error }) => {
    const file = join(temporaryDirectory(), 'flowscan.config.ts')
    if (text !== null) writeFileSync(file, text)
    await expect(loadConfig(file)).rejects.toThrow(error)
    await expect(loadConfig(file)).rejects.toBeInstanceOf(UserError)
  })

  test('a directory is no config', async () => {
    const folder = join(temporaryDirectory(), 'conf')
    mkdirSync(folder)
    await expect(loadConfig(folder)).rejects.toThrow(/conf: not a file/)
  })

  test('directories are relative to the config', () => {
    const { config } = parse({
      data: '../data',
      flows: { dir: '/var/netflow', saved: 'kept' },
      site: { dir: './public' },
    })
    expect(config).toMatchObject({
      data: '/etc/data',
      flows: [{ source: 'flows', dir: '/var/netflow', saved: '/etc/flowscan/kept' }],
      site: { dir: '/etc/flowscan/public' },
    })
    expect(parse({ flows: { saved: false } }).config.flows[0]!.saved).toBe(false)
  })

  test('several sources have their names, directories and rules', () => {
    const { flows } = parse({
      flows: [
        { source: 'core', dir: '/var/netflow/core', pattern: '^core', allowUids: [0, 998] },
        { source: 'edge', dir: 'edge', saved: false, settleSeconds: 0 },
      ],
    }).config
    expect(flows).toMatchObject([
      {
        source: 'core',
        dir: '/var/netflow/core',
        saved: '/etc/flowscan/saved/core',
        pattern: /^core/,
        allowUids: [0, 998],
      },
      { source: 'edge', dir: '/etc/flowscan/edge', saved: false, settleSeconds: 0 },
    ])
    expect(parse({}).config.flows).toMatchObject([{ source: 'flows', dir: '/etc/flowscan/flows' }])
  })
})

describe('the fingerprint', () => {
  const RICH: Partial<ConfigInput> = {
    networks: { library: '192.0.2.0/26', hall: '192.0.2.64/26' },
    services: { web: '80/tcp,443/tcp' },
    routers: { border: { addresses: '192.0.2.1', sampleRate: 10 } },
  }
  const fingerprint = (change: Partial<ConfigInput>) => parse({ ...RICH, ...change }).fingerprint

  test.each<{ name: string; change: Partial<ConfigInput> }>([
    {
      name: 'a label, a color',
      change: {
        networks: { library: { prefixes: '192.0.2.0/26', label: 'L', color: '#000000' }, hall: '192.0.2.64/26' },
      },
    },
    {
      name: 'ids that members had before',
      change: {
        networks: { library: { prefixes: '192.0.2.0/26', formerly: 'books' }, hall: '192.0.2.64/26' },
      },
    },
    {
      name: 'another way to write the same',
      change: { services: { web: ['80/tcp', '443/tcp'] }, subnets: ['192.0.2/24'] },
    },
    { name: 'where things lie', change: { data: '/srv/data', flows: { dir: '/srv/flows', saved: false } } },
    {
      name: 'how things look',
      change: { organization: 'O', site: { dir: '/srv/www', title: 'T' }, aggregateScore: { days: 7 } },
    },
    { name: 'a default that is written out', change: { timing: 'spread', compat: 'none', scoreboard: { keep: 100 } } },
  ])('stays with $name', ({ change }) => {
    expect(fingerprint(change)).toBe(fingerprint({}))
  })

  test.each<{ name: string; change: Partial<ConfigInput> }>([
    { name: 'subnets', change: { subnets: ['192.0.2.0/24', '198.51.100.0/24'] } },
    { name: 'a prefix', change: { networks: { library: '192.0.2.0/27', hall: '192.0.2.64/26' } } },
    { name: 'a key', change: { networks: { books: '192.0.2.0/26', hall: '192.0.2.64/26' } } },
    { name: 'a port', change: { services: { web: '80/tcp' } } },
    { name: 'a sampling rate', change: { routers: { border: { addresses: '192.0.2.1', sampleRate: 20 } } } },
    { name: 'timing', change: { timing: 'export' } },
    { name: 'compat', change: { compat: 'cuflow' } },
    { name: 'pairs', change: { reports: { pairs: [['router', 'service']] } } },
    { name: 'what a board keeps', change: { scoreboard: { keep: 50 } } },
  ])('changes with $name', ({ change }) => {
    expect(fingerprint(change)).not.toBe(fingerprint({}))
  })
})
