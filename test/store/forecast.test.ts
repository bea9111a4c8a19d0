import { statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

import type { HostRow } from '../../ingest/model/part.ts'
import { derive } from '../../ingest/store/derive.ts'
import { listFiles } from '../../ingest/store/files.ts'
import { forecast } from '../../ingest/store/forecast.ts'
import { commitPart } from '../../ingest/store/part.ts'
import { fade, planFading, type Retention } from '../../ingest/store/retention.ts'
import { sealOldDays } from '../../ingest/store/seal.ts'
import { temporaryDirectory } from '../directory.ts'
import { part } from '../site/stored.ts'

const RETENTION: Retention = { '5m': 80, '30m': 90, '2h': 120, '1d': Infinity, boards: 80 }

/** As many as make a part that is not all frame. */
const HOSTS = Array.from({ length: 150 }, (_, at): HostRow => [`198.51.100.${at}`, at * 7919, at * 13, at, 10, 1, 1])

test('nothing is foretold before a whole day is stored', () => {
  const data = temporaryDirectory()
  expect(forecast(data, RETENTION)).toBeNull()
  commitPart(data, part(0, { http: [1000, 0] }))
  expect(forecast(data, RETENTION)).toBeNull()
})

test('what two months foretell is what half a year of such days takes, within 5 %', () => {
  const data = temporaryDirectory()
  const store = (from: number, to: number) => {
    for (let day = from; day < to; day++)
      for (const slot of [0, 200])
        commitPart(
          data,
          part(day * 288 + slot, { http: [3_000_000 + day * 7, 2_000_000], dns: [1000 * slot, 500], hosts: HOSTS }),
        )
    derive(data)
    fade(data, planFading(data, RETENTION, Infinity)!)
    sealOldDays(data)
  }
  store(0, 60)
  const { kinds } = forecast(data, RETENTION)!
  for (let day = 60; day < 180; day += 30) store(day, day + 30)
  const taken = (kind: string) => {
    const directories = kind === 'parts' ? ['parts', 'sealed'] : kind === 'boards' ? ['boards'] : [join('series', kind)]
    const files = listFiles(data, directories)
    return { files: files.length, bytes: files.reduce((sum, path) => sum + statSync(join(data, path)).size, 0) }
  }
  const errorOf = (seen: number, foretold: number) => Math.abs(seen - foretold) / seen
  const all = { seen: 0, foretold: 0 }
  for (const { kind, files, bytes, isForever } of kinds.filter(({ kind }) => kind !== '1d')) {
    const share = isForever ? 180 / 365.25 : 1
    const seen = taken(kind)
    all.seen += seen.bytes
    all.foretold += bytes * share
    // Five months in a file each: half a file is a tenth.
    expect(errorOf(seen.files, files * share), `files of ${kind}`).toBeLessThan(kind === '2h' ? 0.15 : 0.05)
    if (kind !== '2h') expect(errorOf(seen.bytes, bytes * share), `bytes of ${kind}`).toBeLessThan(0.05)
  }
  expect(errorOf(all.seen, all.foretold)).toBeLessThan(0.05)
})
