import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { FIXTURES } from './flow-files.ts'

const ROOT = new URL('..', import.meta.url).pathname
const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  version: string
  files: string[]
  bin: Record<string, string>
  dependencies: Record<string, string>
  devDependencies: Record<string, string>
}

/** Runs a program to its end; what it printed and how it ended. */
function run(cwd: string, program: string, ...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, encoding: 'utf8' })
  return { status, stdout, stderr }
}

/** `npm pack` as it stands; the compiled files are those of `npm run build`. */
function pack(into: string): { filename: string; files: string[] } {
  const { stdout } = run(ROOT, 'npm', 'pack', '--json', '--ignore-scripts', '--pack-destination', into)
  const [packed] = JSON.parse(stdout) as [{ filename: string; files: { path: string }[] }]
  return { filename: join(into, packed.filename), files: packed.files.map(({ path }) => path) }
}

/** What `npm install` would make of the tarball: the package, what it depends on (nothing else), and its command. */
function install(tarball: string, into: string): void {
  const home = join(into, 'node_modules', 'flowscan')
  mkdirSync(home, { recursive: true })
  expect(run(into, 'tar', '-xzf', tarball, '-C', home, '--strip-components=1').status).toBe(0)
  for (const name of Object.keys(manifest.dependencies)) {
    mkdirSync(dirname(join(into, 'node_modules', name)), { recursive: true })
    symlinkSync(join(ROOT, 'node_modules', name), join(into, 'node_modules', name))
  }
  for (const [name, path] of Object.entries(manifest.bin)) {
    mkdirSync(join(into, 'node_modules', '.bin'), { recursive: true })
    symlinkSync(join('..', 'flowscan', path), join(into, 'node_modules', '.bin', name))
    chmodSync(join(home, path), 0o755)
  }
}

describe('the package', () => {
  let folder: string
  let files: string[]
  const flowscan = (...args: readonly string[]) => run(folder, join('node_modules', '.bin', 'flowscan'), ...args)

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'flowscan-'))
    const packed = pack(folder)
    files = packed.files
    install(packed.filename, folder)
    return () => rmSync(folder, { recursive: true, force: true })
  }, 120_000)

  test('holds everything that its list names, and neither sources nor tests', () => {
    const absent = manifest.files.filter(
      (entry) => !files.some((file) => file === entry || file.startsWith(`${entry}/`)),
    )
    expect(absent).toEqual([])
    expect(files.filter((file) => /^(test|ingest|site|data|\.ci)\/|fixture|\.test\./.test(file))).toEqual([])
  })

  test('holds nothing whose source is gone', () => {
    const compiled = files.filter((file) => /^dist\/(ingest|site)\/.*\.js$/.test(file))
    const orphans = compiled.filter((file) => !existsSync(join(ROOT, file.slice(5).replace(/\.js$/, '.ts'))))
    expect(orphans).toEqual([])
  })

  test('gives the command flowscan', () => {
    expect(Object.keys(manifest.bin)).toEqual(['flowscan'])
    expect(flowscan('--version')).toMatchObject({ status: 0, stdout: `${manifest.version}\n` })
    expect(flowscan('--help').stdout).toMatch(/^Usage: flowscan/)
  })

  test('reads a flow file', () => {
    const { status, stdout } = flowscan('inspect', join(FIXTURES, 'flow-tools/syn-v5-multi-little-z0.ft'), '--json')
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ format: 'flow-tools', flows: 1200 })
  })

  test('types and checks a config that imports it', () => {
    const config = "import { defineConfig } from 'flowscan'\nexport default defineConfig({ subnets: '192.0.2.1/24' })\n"
    writeFileSync(join(folder, 'flowscan.config.ts'), config)
    const { status, stderr } = flowscan('check')
    expect(status).toBe(78)
    expect(stderr).toContain('subnets: "192.0.2.1/24" has bits set behind its prefix; the network is 192.0.2.0/24')
  })
})

describe('dependencies', () => {
  test('have each a sentence in CONTRIBUTING.md on what they save us', () => {
    const rows = [...readFileSync(join(ROOT, 'CONTRIBUTING.md'), 'utf8').matchAll(/^\| (`.+`) \| (\S.{20,}\.) \|$/gm)]
    const explained = rows.flatMap(([, names]) => [...names!.matchAll(/`([^`]+)`/g)].map(([, name]) => name!))
    const all = [...Object.keys(manifest.dependencies), ...Object.keys(manifest.devDependencies)]
    expect(explained.sort()).toEqual(all.sort())
  })
})
