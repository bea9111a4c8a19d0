import { expect, test } from 'vitest'
import { createWallClock } from '../../ingest/model/time-zone.ts'

test.each([
  { name: 'winter', zone: 'Europe/Vienna', shown: '2026-01-15T12:00:00', utc: '2026-01-15T11:00:00' },
  { name: 'summer', zone: 'Europe/Vienna', shown: '2026-07-15T12:00:00', utc: '2026-07-15T10:00:00' },
  { name: 'west', zone: 'America/Denver', shown: '2026-07-15T20:15:10', utc: '2026-07-16T02:15:10' },
  { name: 'three quarters', zone: 'Asia/Kathmandu', shown: '2026-07-15T05:44:59', utc: '2026-07-14T23:59:59' },
  { name: 'before spring', zone: 'Europe/Vienna', shown: '2026-03-29T01:59:59', utc: '2026-03-29T00:59:59' },
  { name: 'after spring', zone: 'Europe/Vienna', shown: '2026-03-29T03:00:00', utc: '2026-03-29T01:00:00' },
  { name: 'the skipped hour', zone: 'Europe/Vienna', shown: '2026-03-29T02:30:00', utc: '2026-03-29T00:30:00' },
  {
    name: 'the repeated hour: the first',
    zone: 'Europe/Vienna',
    shown: '2026-10-25T02:30:00',
    utc: '2026-10-25T00:30:00',
  },
  { name: 'after autumn', zone: 'Europe/Vienna', shown: '2026-10-25T03:00:00', utc: '2026-10-25T02:00:00' },
  { name: 'UTC', zone: 'UTC', shown: '2026-10-25T03:00:00', utc: '2026-10-25T03:00:00' },
])('a wall clock: $name', ({ zone, shown, utc }) => {
  const moment = createWallClock(zone)(Date.parse(`${shown}Z`))
  expect(new Date(moment).toISOString()).toBe(`${utc}.000Z`)
})
