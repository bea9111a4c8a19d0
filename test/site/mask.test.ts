import { expect, test } from 'vitest'
import { formatPrefix, type Prefix, parsePrefix } from '../../ingest/model/address.ts'
import { maskAddress, maskPrefix, maskText, spellsAddress } from '../../site/mask.ts'

test.each([
  ['192.0.2.7', '192.0.2.0/24'],
  ['::ffff:192.0.2.7', '192.0.2.0/24'],
  ['::ffff:c000:0207', '192.0.2.0/24'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1::/48'],
  ['2001:db8::1', '2001:db8::/48'],
  // 6to4 of 192.0.2.7: its /48 would be that host.
  ['2002:c000:207::1', '2002:c000:200::/40'],
  ['::1', '::/48'],
  ['no address', 'unknown'],
])('%s is shown as %s', (address, shown) => {
  expect(maskAddress(address)).toBe(shown)
})

test.each([
  ['192.0.2.64/26', '192.0.2.0/24'],
  ['192.0.0.0/16', '192.0.0.0/16'],
  ['192.0.2.7', '192.0.2.0/24'],
  ['2001:db8:40:53::/64', '2001:db8:40::/48'],
  ['2001:db8::/32', '2001:db8::/32'],
])('the prefix %s is told as %s', (prefix, told) => {
  expect(formatPrefix(maskPrefix(parsePrefix(prefix) as Prefix))).toBe(told)
})

test.each([
  ['Mail 192.0.2.25', 'Mail 192.0.2.0/24'],
  ['(192.0.2.25)', '(192.0.2.0/24)'],
  ['192.0.2.25:443, 192.0.2.26.', '192.0.2.0/24:443, 192.0.2.0/24.'],
  ['Hosts of 192.0.2.64/26', 'Hosts of 192.0.2.0/24'],
  ['all of 192.0.0.0/16', 'all of 192.0.0.0/16'],
  ['[2001:db8::25]:80', '[2001:db8::/48]:80'],
  ['2001:DB8:0:0:0:0:0:25', '2001:db8::/48'],
  ['face 2001:0db8:0000:0000:0000:0000:0000:0025', 'face 2001:db8::/48'],
  ['exporter-2001:db8::2', 'exporter-2001:db8::/48'],
  ['::ffff:192.0.2.25', '192.0.2.0/24'],
  ['::FFFF:c000:0219', '192.0.2.0/24'],
  ['2002:c000:219::1', '2002:c000:200::/40'],
  ['host-192-0-2-25.example.org', 'host-192-0-2-x.example.org'],
  ['Monday 12:05:30, v1.2', 'Monday 12:05:30, v1.2'],
  ['AS64500', 'AS64500'],
])('the label %s becomes %s', (label, shown) => {
  expect(maskText(label)).toBe(shown)
})

test.each([
  ['192-0-2-1', true],
  ['router-198-51-100-1', true],
  ['2001-db8-2', true],
  ['router-2001-db8-40-53', true],
  ['library', false],
  ['border-1', false],
  ['campus-2024-01', false],
  ['32-bit', false],
])('does the id %s spell an address? %s', (id, does) => {
  expect(spellsAddress(id)).toBe(does)
})
