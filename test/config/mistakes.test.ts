import { describe, expect, test } from 'vitest'
import { parseConfig } from '../../ingest/config/load.ts'
import { UserError } from '../../ingest/model/errors.ts'

/** The lines of the error that this config gives, without the one that counts them; none when it is right. */
function mistakes(config: unknown): string[] {
  try {
    parseConfig(config, '/etc/flowscan/flowscan.config.ts')
    return []
  } catch (error) {
    expect(error).toBeInstanceOf(UserError)
    const [first, ...lines] = (error as UserError).message.split('\n')
    expect((error as UserError).exitCode).toBe(78)
    expect(first).toBe(`/etc/flowscan/flowscan.config.ts: ${lines.length} mistake${lines.length === 1 ? '' : 's'}`)
    return lines.map((line) => line.trim())
  }
}

const subnets = '192.0.2.0/24'
const ADDRESS = 'is not an IPv4 or IPv6 address or prefix; write 192.0.2.0/24 or 2001:db8::/32'

describe('a mistake names key, value and mend', () => {
  test.each([
    {
      config: {},
      line: 'subnets: missing, expected hosts and prefixes: 192.0.2.0/24, 192.0.2/24, 192.0.2.7, 2001:db8::/32',
    },
    { config: { subnets: [] }, line: 'subnets: found [], expected at least one' },
    {
      config: { subnets: '192.0.2.1/24' },
      line: 'subnets: "192.0.2.1/24" has bits set behind its prefix; the network is 192.0.2.0/24',
    },
    {
      config: { subnets: '2001:db8::1/32' },
      line: 'subnets: "2001:db8::1/32" has bits set behind its prefix; the network is 2001:db8::/32',
    },
    { config: { subnets: '192.0.2.0/33' }, line: 'subnets: "192.0.2.0/33" has prefix length "33"; it must be 0 to 32' },
    {
      config: { subnets: '2001:db8::/129' },
      line: 'subnets: "2001:db8::/129" has prefix length "129"; it must be 0 to 128',
    },
    { config: { subnets: '192.0.2/' }, line: 'subnets: "192.0.2/" has prefix length ""; it must be 0 to 32' },
    { config: { subnets: '192.0.2' }, line: `subnets: "192.0.2" ${ADDRESS}` },
    { config: { subnets: '192.0.2.256' }, line: `subnets: "192.0.2.256" ${ADDRESS}` },
    { config: { subnets: '192.0.02.1' }, line: `subnets: "192.0.02.1" ${ADDRESS}` },
    { config: { subnets: 'fe80::1%eth0' }, line: `subnets: "fe80::1%eth0" ${ADDRESS}` },
    { config: { subnets: '1::2::3' }, line: `subnets: "1::2::3" ${ADDRESS}` },
    { config: { subnets: '192.0.2.0/24,' }, line: `subnets: "" ${ADDRESS}` },
    {
      config: { subnets: { a: 1 } },
      line: 'subnets: found { a: 1 }, expected hosts and prefixes: 192.0.2.0/24, 192.0.2/24, 192.0.2.7, 2001:db8::/32',
    },
    {
      config: { subnets, services: { web: 80 } },
      line: 'services.web.ports: "80" names no protocol; write 80/tcp or 80/udp',
    },
    {
      config: { subnets, services: { web: '65536/tcp' } },
      line: 'services.web.ports: port "65536" is out of range; it must be 0 to 65535',
    },
    {
      config: { subnets, services: { ftp: '21-20/tcp' } },
      line: 'services.ftp.ports: range "21-20" runs backwards; write 20-21',
    },
    {
      config: { subnets, services: { web: 'htps' } },
      line: `services.web.ports: "htps" is not a service name in IANA's registry; write its port, as in 80/tcp`,
    },
    {
      config: { subnets, services: { web: '1/2/3' } },
      line: 'services.web.ports: "1/2/3" is not a service; write 80/tcp, 20-21/tcp or a name such as https',
    },
    {
      config: { subnets, services: { web: { label: 'Web' } } },
      line: 'services.web.ports: missing, expected ports with protocol: 80/tcp, 20-21/tcp, 53/udp, or IANA service names: https, domain/udp',
    },
    {
      config: { subnets, services: { web: null } },
      line: 'services.web: found null, expected its ports, or an object with ports',
    },
    { config: { subnets, services: { web: [] } }, line: 'services.web.ports: found [], expected at least one' },
    {
      config: { subnets, services: { web: { ports: '80/tcp', colour: '#000000' } } },
      line: 'services.web.colour: no such key; there is label, color, formerly, ports',
    },
    {
      config: { subnets, services: { web: { ports: '80/tcp', color: 'red' } } },
      line: 'services.web.color: found "red", expected a color such as #3366cc',
    },
    {
      config: { subnets, protocols: { all: 256 } },
      line: 'protocols.all.numbers: protocol "256" is out of range; protocols are 0 to 255',
    },
    {
      config: { subnets, tos: { low: 256 } },
      line: 'tos.low.values: TOS value "256" is out of range; it must be 0 to 255',
    },
    {
      config: { subnets, tos: { low: '1-' } },
      line: 'tos.low.values: "1-" is no TOS value and no range of them; write 7 or 7-9',
    },
    {
      config: { subnets, asNumbers: { big: 4294967296 } },
      line: 'asNumbers.big.numbers: AS number "4294967296" is out of range; it must be 0 to 4294967295',
    },
    {
      config: { subnets, routers: { r: '192.0.2.0/24' } },
      line: 'routers.r.addresses: "192.0.2.0/24" is not an IPv4 or IPv6 address; write 192.0.2.1 or 2001:db8::1',
    },
    {
      config: { subnets, routers: { r: { addresses: '192.0.2.1', sampleRate: 0 } } },
      line: 'routers.r.sampleRate: found 0, expected at least 1',
    },
    {
      config: { subnets, routers: { r: { addresses: '192.0.2.1', sampleRate: 1.5 } } },
      line: 'routers.r.sampleRate: found 1.5, expected a whole number',
    },
    {
      config: { subnets, routers: { r: { addresses: '192.0.2.1', border: 'yes' } } },
      line: 'routers.r.border: found "yes", expected true or false',
    },
    {
      config: { subnets, networks: ['192.0.2.0/24'] },
      line: "networks: found [ '192.0.2.0/24' ], expected an object { key: value }",
    },
    { config: { subnets, organization: '' }, line: 'organization: found "", expected at least 1 characters' },
    {
      config: { subnets, flows: { pattern: '(' } },
      line: 'flows.pattern: "(" is not a regular expression: Invalid regular expression: /(/: Unterminated group',
    },
    {
      config: { subnets, flows: { source: '../a' } },
      line: 'flows.source: found "../a", expected 1 to 32 of a-z, 0-9 and -',
    },
    { config: { subnets, flows: [] }, line: 'flows: found [], expected at least 1 items' },
    { config: { subnets, flows: 'x' }, line: 'flows: found "x", expected a section, or a list of them' },
    {
      config: { subnets, flows: [{ dirs: 'a' }] },
      line: 'flows.0.dirs: no such key; there is source, dir, pattern, saved, settleSeconds, maxBytes, allowUids',
    },
    {
      config: { subnets, flows: [{ dir: 'a' }, { dir: 'b' }] },
      line: 'flows.1.source: "flows" is the name of two sources; give each a name of its own',
    },
    {
      config: { subnets, flows: [{ dir: 'a' }, { source: 'b', dir: 'a/b' }] },
      line: 'flows.1.dir: "flows" and "b": both read /etc/flowscan/a/b; give each a directory of its own',
    },
    {
      config: {
        subnets,
        flows: [
          { dir: 'a', saved: 's' },
          { source: 'b', dir: 'b', saved: 's' },
        ],
      },
      line: 'flows.1.saved: "flows" and "b": both move flow files to /etc/flowscan/s; give each a directory of its own',
    },
    {
      config: {
        subnets,
        flows: [
          { dir: 'a', saved: 'b' },
          { source: 'b', dir: 'b' },
        ],
      },
      line: 'flows.1.dir: "flows" and "b": flow files of one are moved to where the other reads (/etc/flowscan/b); give each a directory of its own',
    },
    { config: { subnets, flows: { saved: true } }, line: 'flows.saved: found true, expected a directory or false' },
    { config: { subnets, timing: 'exported' }, line: `timing: found "exported", expected 'spread' or 'export'` },
    {
      config: { subnets, reports: { pairs: [['router', 'router']] } },
      line: "reports.pairs.0: found [ 'router', 'router' ], expected two different dimensions",
    },
    {
      config: { subnets, site: { timeZone: 'Mars/Olympus' } },
      line: 'site.timeZone: found "Mars/Olympus", expected an IANA time zone such as Europe/Vienna',
    },
    { config: null, line: 'config: found null, expected an object { key: value }' },
    { config: 'subnets', line: 'config: found "subnets", expected an object { key: value }' },
  ])('$line', ({ config, line }) => {
    expect(mistakes(config)).toEqual([line])
  })

  test('and an unknown key names those that there are', () => {
    expect(mistakes({ subnets, subnet: subnets })).toEqual([
      expect.stringMatching(/^subnet: no such key; there is organization, subnets, networks/),
    ])
  })

  test('a very long value is cut', () => {
    expect(mistakes({ subnets, timing: 'x'.repeat(70_000) })[0]!.length).toBeLessThan(150)
  })
})

test.each([
  {
    formerly: 'hall',
    line: 'networks.books.formerly: hall is the id of "Hall"; only an id that no member has can be named',
  },
  {
    formerly: ['old', 'books'],
    line: 'networks.books.formerly: books is the id of "books"; only an id that no member has can be named',
  },
  {
    formerly: ['gone', 'archive'],
    line: 'networks.books.formerly: archive is named by "Hall", too; only one member can have had it',
  },
  { formerly: 'other', line: 'networks.books.formerly: "other" was never the id of a member' },
  { formerly: '!', line: 'networks.books.formerly: "" was never the id of a member' },
  { formerly: 7, line: 'networks.books.formerly: found 7, expected an id, or a list of ids' },
])('formerly $formerly is refused', ({ formerly, line }) => {
  const networks = {
    Hall: { prefixes: '192.0.2.64/26', formerly: 'archive' },
    books: { prefixes: '192.0.2.0/26', formerly },
  }
  expect(mistakes({ subnets, networks })).toEqual([line])
})

describe('keys of members', () => {
  const networks = (...keys: string[]) => ({
    subnets,
    networks: Object.fromEntries(keys.map((key) => [key, '192.0.2.1'])),
  })

  test.each([
    { keys: ['other'], line: 'networks.other: "other" is the reserved name other; choose another key' },
    { keys: ['Total!'], line: 'networks."Total!": "Total!" is the reserved name total; choose another key' },
    {
      keys: ['Main Library', 'main-library'],
      line: 'networks.main-library: "main-library" gives the same id, main-library, as "Main Library"; choose another key',
    },
    // Case 88: a suffix would change hands when one of them goes or comes first; labels may be the same.
    {
      keys: ['Bibliothek A', 'Bibliothek-A'],
      line: 'networks.Bibliothek-A: "Bibliothek-A" gives the same id, bibliothek-a, as "Bibliothek A"; choose another key',
    },
    {
      keys: ['図書館'],
      line: 'networks."図書館": "図書館" holds no letter or digit of a-z, 0-9; choose another key and put this into label',
    },
    {
      keys: ['../'],
      line: 'networks."../": "../" holds no letter or digit of a-z, 0-9; choose another key and put this into label',
    },
    {
      keys: ['a\u202eb'],
      line: 'networks."a\\u{202e}b": "a\\u{202e}b" holds a control of text direction, U+202E; leave that character out',
    },
    { keys: [''], line: 'networks."": found "", expected a key of 1 to 200 characters' },
    {
      keys: ['x'.repeat(201)],
      line: `networks.${'x'.repeat(201)}: found "${'x'.repeat(79)}…", expected a key of 1 to 200 characters`,
    },
  ])('$line', ({ keys, line }) => {
    expect(mistakes(networks(...keys))).toEqual([line])
  })

  test('of hostile kinds become harmless ids', () => {
    const { config } = parseConfig(networks('../../etc/passwd', 'constructor', 'toString', '<script>', 'é'), '/x')
    expect(config.networks.map(({ id }) => id)).toEqual(['etc-passwd', 'constructor', 'tostring', 'script', 'e'])
    expect(config.networks[0]!.label).toBe('../../etc/passwd')
  })

  test('__proto__ is no key, wherever it stands', () => {
    expect(mistakes(JSON.parse('{"subnets":"192.0.2.0/24","networks":{"__proto__":"192.0.2.1"}}'))).toEqual([
      'networks.__proto__: no member can have this key; choose another',
    ])
    expect(mistakes(JSON.parse('{"subnets":"192.0.2.0/24","__proto__":{}}'))[0]).toMatch(/^__proto__: no such key/)
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
  })
})

test('a million members are refused at once, where 65,535 are read', () => {
  const numbered = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`as${n}`, n]))
  const began = performance.now()
  expect(mistakes({ subnets, asNumbers: numbered(1_000_000) })).toEqual([
    'asNumbers: 1000000 members are too many; at most 65535 can be counted',
  ])
  expect(performance.now() - began).toBeLessThan(5000)
  expect(mistakes({ subnets, asNumbers: numbered(65_536) })).toHaveLength(1)
  expect(mistakes({ subnets, asNumbers: numbered(65_535) })).toEqual([])
})

test('every mistake is told at once, in every section', () => {
  const found = mistakes({
    organization: 5,
    subnets: ['10.0.0.1/8', '192.0.2.0/24', '300.0.0.0/8'],
    networks: { other: '192.0.2.0/24', library: '192.0.2.0/99' },
    services: { web: '80/tcp,443', dns: { ports: 'domian' } },
    flows: { settleSeconds: -1 },
    scoreboard: { tops: 10 },
    colour: true,
  })
  expect(found.map((line) => line.slice(0, line.indexOf(':')))).toEqual([
    'organization',
    'subnets',
    'subnets',
    'networks.library.prefixes',
    'networks.other',
    'services.web.ports',
    'services.dns.ports',
    'scoreboard.tops',
    'flows.settleSeconds',
    'colour',
  ])
})
