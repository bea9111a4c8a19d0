import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { removeTree } from '../../ingest/store/files.ts'
import { temporaryDirectory } from '../directory.ts'

describe('removing a tree', () => {
  let directory: string

  beforeEach(() => {
    directory = temporaryDirectory()
    mkdirSync(join(directory, 'release/pages'), { recursive: true })
    writeFileSync(join(directory, 'release/pages/index.html'), 'page')
    mkdirSync(join(directory, 'kept'))
    writeFileSync(join(directory, 'kept/flows'), 'flows')
  })

  test('takes all below it and nothing beside it', () => {
    removeTree(join(directory, 'release'))
    expect(readdirSync(directory)).toEqual(['kept'])
  })

  test('takes a file', () => {
    removeTree(join(directory, 'kept/flows'))
    expect(readdirSync(join(directory, 'kept'))).toEqual([])
  })

  test('of a link takes the link, and of a link inside it too: never what it leads to', () => {
    symlinkSync('../../kept', join(directory, 'release/pages/inner'))
    symlinkSync('kept', join(directory, 'outer'))
    removeTree(join(directory, 'outer'))
    removeTree(join(directory, 'release'))
    expect(readdirSync(directory)).toEqual(['kept'])
    expect(readdirSync(join(directory, 'kept'))).toEqual(['flows'])
  })

  test('that is gone already changes nothing', () => {
    removeTree(join(directory, 'gone'))
    expect(readdirSync(directory)).toEqual(['kept', 'release'])
  })
})
