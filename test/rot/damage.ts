import { readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createRandom } from '../soak/random.ts'

/** What befalls a file. */
export type Damage =
  | { readonly kind: 'flip'; readonly at: number; readonly bits: number }
  | { readonly kind: 'truncation'; readonly to: number }
  /** From a byte on, so many: a block of a disk, or all. */
  | { readonly kind: 'zeros'; readonly at: number; readonly length: number }
  | { readonly kind: 'deletion' }
  /** The two change names. */
  | { readonly kind: 'swap'; readonly other: string }

export interface Case {
  readonly number: number
  readonly path: string
  readonly damage: Damage
  /** Are the flow files still there? */
  readonly hasSaved: boolean
}

const BLOCK = 512

/** The case of a number: the files take turns; three in four are flips. */
export function caseOf(number: number, seed: number, data: string, files: readonly string[]): Case {
  const random = createRandom(seed, number)
  const path = files[number % files.length]!
  const round = Math.floor(number / files.length)
  return { number, path, damage: damageOf(round, random, data, path, files), hasSaved: random() < 0.5 }
}

function damageOf(round: number, random: () => number, data: string, path: string, files: readonly string[]): Damage {
  const size = readFileSync(join(data, path)).length
  const below = (most: number) => Math.floor(random() * most)
  const boundary = () => BLOCK * below(Math.ceil(size / BLOCK))
  switch (round % 20) {
    case 0:
      return { kind: 'deletion' }
    case 1:
      return { kind: 'zeros', at: 0, length: size }
    case 2:
      return { kind: 'zeros', at: boundary(), length: BLOCK }
    case 3:
      return { kind: 'truncation', to: boundary() }
    case 4: {
      const others = files.filter((other) => other !== path && kindOf(other) === kindOf(path))
      if (others.length > 0) return { kind: 'swap', other: others[below(others.length)]! }
      return { kind: 'truncation', to: below(size) }
    }
    default:
      return { kind: 'flip', at: below(size), bits: 1 << below(8) }
  }
}

/** What a file is: `sealed/….parts.gz`. Files of one kind could be taken for each other. */
export function kindOf(path: string): string {
  const [kind] = path.replace(/^generation-\d+\//, '').split(/\/[^/]*$/) as [string]
  const ending = /\.(parts|json)\.gz$/.exec(path)?.[1] ?? ''
  const what = /\.supersede(s|d-by)-/.test(path) ? 'mark' : kind.replace(/^parts\/.*/, 'parts')
  return kind === 'sealed' ? `${what} ${ending}` : what
}

/** Damages a file that may share its bytes with others: it gets new ones under its name. */
export function inflict(data: string, { path, damage }: Case): void {
  const file = join(data, path)
  const bytes = readFileSync(file)
  unlinkSync(file)
  if (damage.kind === 'swap') {
    renameSync(join(data, damage.other), file)
    writeFileSync(join(data, damage.other), bytes)
  } else if (damage.kind !== 'deletion') writeFileSync(file, damagedBytes(bytes, damage))
}

/** Changes the bytes it is given. */
export function damagedBytes(bytes: Buffer, damage: Exclude<Damage, { kind: 'deletion' | 'swap' }>): Uint8Array {
  if (damage.kind === 'truncation') return bytes.subarray(0, damage.to)
  if (damage.kind === 'zeros') return bytes.fill(0, damage.at, Math.min(bytes.length, damage.at + damage.length))
  bytes[damage.at]! ^= damage.bits
  return bytes
}

export function describeCase({ number, path, damage, hasSaved }: Case): string {
  const { kind, ...more } = damage
  return `case ${number}, ${path}: ${[kind, ...Object.entries(more).map(([name, value]) => `${name} ${value}`)].join(', ')}; flow files ${hasSaved ? 'there' : 'gone'}`
}
