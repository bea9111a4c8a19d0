import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'

const ROOT = new URL('..', import.meta.url).pathname

/** The table "Who may know whom" of ARCHITECTURE.md: what each folder may import. */
const allowed = new Map(
  [...readFileSync(join(ROOT, 'ARCHITECTURE.md'), 'utf8').matchAll(/^\| (`.+`) \| (`.+`|nothing) \|$/gm)].flatMap(
    ([, folders, imports]) => names(folders!).map((folder) => [folder, names(imports!)]),
  ),
)
const files = ['ingest', 'site'].flatMap((top) =>
  (readdirSync(join(ROOT, top), { recursive: true }) as string[])
    .filter((name) => /\.[cm]?[jt]s$/.test(name))
    .map((name) => join(top, name)),
)
const imports = new Map(files.map((file) => [file, importsOf(file)]))

function names(cell: string): string[] {
  return [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name!)
}

function importsOf(file: string): string[] {
  const text = readFileSync(join(ROOT, file), 'utf8')
  return [...text.matchAll(/(?:\bfrom|\bimport\(?)\s*'(\.[^']*)'/g)].map(([, path]) => join(dirname(file), path!))
}

/** `cli` is the command line's first file and belongs to `commands`. */
function folderOf(file: string): string {
  const [top, folder] = file.split('/')
  if (top === 'site') return folder === 'client' ? 'client' : 'site'
  return folder === 'cli.ts' ? 'commands' : folder!
}

test('every import goes the way the table says', () => {
  const wrong = [...imports].flatMap(([file, targets]) =>
    targets
      .filter((target) => folderOf(target) !== folderOf(file))
      .filter((target) => !allowed.get(folderOf(file))?.includes(folderOf(target)))
      .map((target) => `${file} imports ${target}`),
  )
  expect(wrong).toEqual([])
  expect([...new Set(files.map(folderOf))].filter((folder) => !allowed.has(folder))).toEqual([])
  expect([...imports.values()].flat().length).toBeGreaterThan(100)
})

test('no file imports itself, however far around', () => {
  const cycles: string[] = []
  const done = new Set<string>()
  const follow = (file: string, way: readonly string[]): void => {
    if (way.includes(file)) cycles.push([...way.slice(way.indexOf(file)), file].join(' imports '))
    else if (!done.has(file)) for (const target of imports.get(file) ?? []) follow(target, [...way, file])
    done.add(file)
  }
  for (const file of files) follow(file, [])
  expect(cycles).toEqual([])
})
