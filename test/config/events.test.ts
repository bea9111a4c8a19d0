import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseEvents, readEvents } from '../../ingest/config/events.ts'
import { isoTime } from '../../ingest/model/time.ts'
import { temporaryDirectory } from '../directory.ts'

/** `from (to) label` in UTC. */
function told(text: string, zone = 'Europe/Vienna'): string[] {
  const { events, mistakes } = parseEvents(text, zone)
  return [
    ...events.map(({ at, to, label }) => `${isoTime(at)}${to === null ? '' : ` (${isoTime(to)})`} ${label}`),
    ...mistakes,
  ]
}

describe('a line of events', () => {
  test.each([
    { name: 'a time of the zone', line: '2026-11-23 16:35 Power failure', is: '2026-11-23T15:35:00Z Power failure' },
    { name: 'a time with seconds', line: '2026-11-23 16:35:20 Tick', is: '2026-11-23T15:35:20Z Tick' },
    { name: 'a time of UTC', line: '2026-11-23T16:35Z Power', is: '2026-11-23T16:35:00Z Power' },
    { name: 'a time of another zone', line: '2026-11-23 16:35-03:30 Power', is: '2026-11-23T20:05:00Z Power' },
    {
      name: 'two times',
      line: '2026-11-23 22:00 - 2026-11-24 02:00 New firmware',
      is: '2026-11-23T21:00:00Z (2026-11-24T01:00:00Z) New firmware',
    },
    {
      name: 'two clocks of a day',
      line: '2026-11-24 08:00 – 09:30 Cut',
      is: '2026-11-24T07:00:00Z (2026-11-24T08:30:00Z) Cut',
    },
    {
      name: 'two clocks of a day of UTC',
      line: '2026-11-24T08:00Z - 09:30 Cut',
      is: '2026-11-24T08:00:00Z (2026-11-24T09:30:00Z) Cut',
    },
    { name: 'a day', line: '2026-11-23 Holiday', is: '2026-11-22T23:00:00Z (2026-11-23T23:00:00Z) Holiday' },
    { name: 'a day of 25 hours', line: '2026-10-25 Long', is: '2026-10-24T22:00:00Z (2026-10-25T23:00:00Z) Long' },
    { name: 'a day of 23 hours', line: '2026-03-29 Short', is: '2026-03-28T23:00:00Z (2026-03-29T22:00:00Z) Short' },
    { name: 'days', line: '2026-12-24 - 2027-01-06 Off', is: '2026-12-23T23:00:00Z (2027-01-06T23:00:00Z) Off' },
    { name: 'a time that clocks show twice', line: '2026-10-25 02:30 Twice', is: '2026-10-25T00:30:00Z Twice' },
    { name: 'a label with a dash in front', line: '2026-11-23 16:35 -5 dB', is: '2026-11-23T15:35:00Z -5 dB' },
    {
      name: 'a label that begins with a clock',
      line: '2026-11-23 16:35 17:00 train',
      is: '2026-11-23T15:35:00Z 17:00 train',
    },
    { name: 'spaces and a comment sign', line: '  2026-11-23 16:35\tRack #4 ', is: '2026-11-23T15:35:00Z Rack #4' },
    { name: 'markup', line: '2026-11-23 16:35 <b>{{ x }}', is: '2026-11-23T15:35:00Z <b>{{ x }}' },
  ])('$name', ({ line, is }) => {
    expect(told(line)).toEqual([is])
  })

  test.each([
    {
      name: 'no time',
      line: 'Power failure',
      is: 'line 1: it begins with no time such as 2026-11-23 16:35, but with "Power failure"',
    },
    { name: 'a time without a day', line: '16:35 Power', is: 'line 1: it begins with no time such as' },
    { name: 'a day of another order', line: '23.11.2026 16:35 Power', is: 'line 1: it begins with no time such as' },
    {
      name: 'a day that is not in the calendar',
      line: '2026-02-30 16:35 x',
      is: 'line 1: 2026-02-30 16:35 is no time that there is',
    },
    {
      name: 'an hour that is not on the clock',
      line: '2026-11-23 25:35 x',
      is: 'line 1: 2026-11-23 25:35 is no time that there is',
    },
    {
      name: 'an end that is no time',
      line: '2026-11-23 16:35 - 17:75 x',
      is: 'line 1: 2026-11-23 16:35 - 17:75 is no time that there is',
    },
    { name: 'no label', line: '2026-11-23 16:35', is: 'line 1: it has no label behind its time' },
    {
      name: 'an end before its beginning',
      line: '2026-11-23 16:35 - 16:30 x',
      is: 'line 1: it ends no later than it begins',
    },
    { name: 'a time and letters in one', line: '2026-11-23x Power', is: 'line 1: it begins with no time such as' },
  ])('that cannot be read is told: $name', ({ line, is }) => {
    const lines = told(line)
    expect(lines).toHaveLength(1)
    expect(lines[0]).toContain(is)
  })
})

test('lines that cannot be read leave the others, in the order of their times', () => {
  const text = '\ufeff# a comment\r\n\r\n2026-11-24 08:00 second\r\nnothing\r\n2026-11-23 08:00 first\r\n'
  expect(told(text)).toEqual([
    '2026-11-23T07:00:00Z first',
    '2026-11-24T07:00:00Z second',
    'line 4: it begins with no time such as 2026-11-23 16:35, but with "nothing"',
  ])
})

test('a label is cut between characters', () => {
  const [event] = parseEvents(`2026-11-23 08:00 ${'\u{1f525}'.repeat(300)}`, 'UTC').events
  expect(event!.label).toBe('\u{1f525}'.repeat(200))
})

test('a file that is not there, is a directory or far too large is told', () => {
  const base = temporaryDirectory()
  mkdirSync(join(base, 'directory'))
  writeFileSync(join(base, 'large'), 'x'.repeat(1024 * 1024 + 1))
  const mistakes = (name: string) => readEvents(join(base, name), 'UTC').mistakes
  expect(mistakes('nowhere')).toEqual(['it is not there; make it, or leave site.events out'])
  expect(mistakes('directory')).toEqual(['cannot be read (EISDIR)'])
  expect(mistakes('large')).toEqual(['1048577 bytes are too many; the limit is 1048576'])
  expect(readEvents(undefined, 'UTC')).toEqual({ events: [], mistakes: [] })
})
