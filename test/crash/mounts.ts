import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findProgram } from '../programs.ts'
import { copyTree, runFlowscan } from './product.ts'
import { damageIn, recover, type Stage, type Verdict } from './stage.ts'
import { differenceOf } from './state.ts'

/* Real file systems that are full, have no inodes left, are read-only, or lose their power. Mounting takes root. */

/** Of a file system before a run: so much is left and no more; or nothing may be written. */
export type Shortage = { readonly bytes: number } | { readonly inodes: number } | 'read-only'

const PAGE = 4096
/** Of the tmpfs, before anything is short. */
const AMPLE = { bytes: 64 * 1024 * 1024, inodes: 10_000 }

/** What a run may use in between that it gives back, or makes good by what it removes. */
const PEAK = { bytes: 24 * PAGE, inodes: 8 }

export function canMount(): boolean {
  if (findProgram('mount') === null || process.getuid?.() !== 0) return false
  const directory = mkdtempSync(join(tmpdir(), 'flowscan-'))
  try {
    if (spawnSync('mount', ['-t', 'tmpfs', 'tmpfs', directory]).status !== 0) return false
    system('umount', directory)
    return true
  } finally {
    rmSync(directory, { recursive: true })
  }
}

/** Shortages that meet a run everywhere between its first byte and its last; `step` of them apart. */
export async function shortagesOf(stage: Stage, step: number): Promise<Shortage[]> {
  const used = await onTmpfs(stage, 'measure', async (base, mount) => {
    const before = statfsSync(mount)
    await runFlowscan(stage.product, base, stage.scenario.command)
    const after = statfsSync(mount)
    return { bytes: (before.bfree - after.bfree) * before.bsize, inodes: before.ffree - after.ffree }
  })
  const upTo = (end: number, by: number) => Array.from({ length: Math.ceil(end / by) }, (_, n) => n * by)
  return [
    ...upTo(Math.max(0, used.bytes) + PEAK.bytes, PAGE * step).map((bytes) => ({ bytes })),
    ...upTo(Math.max(0, used.inodes) + PEAK.inodes, step).map((inodes) => ({ inodes })),
    'read-only',
  ]
}

/** Runs where something is short, looks; then there is enough of it, and one more run gives the bytes of an undisturbed one. */
export function runShort(stage: Stage, shortage: Shortage, worker = 0): Promise<Verdict> {
  const { product, scenario, expected } = stage
  return onTmpfs(stage, `short-${worker}`, async (base, mount) => {
    system('mount', '-o', `remount,${optionOf(shortage, mount)}`, mount)
    const { code, signal, stderr } = await runFlowscan(product, base, scenario.command)
    const ended = code === 0 ? differenceOf(expected, scenario.stateOf(base)) : code === 70 || code === null ? '' : null
    if (ended !== null)
      return { kind: 'broken', problem: `it ended with ${code ?? signal}: ${ended} ${stderr.trim().slice(0, 300)}` }
    const damage = damageIn(stage, base)
    system('mount', '-o', `remount,rw,size=${AMPLE.bytes},nr_inodes=${AMPLE.inodes}`, mount)
    const problem = damage ?? (await recover(stage, base, worker))
    if (problem !== null) return { kind: 'broken', problem }
    // Where there was enough after all, nothing was shown.
    return { kind: code === 0 ? 'missed' : 'sound' }
  })
}

function optionOf(shortage: Shortage, mount: string): string {
  if (shortage === 'read-only') return 'ro'
  const { blocks, bfree, bsize, files, ffree } = statfsSync(mount)
  if ('bytes' in shortage) return `size=${Math.max(PAGE, (blocks - bfree) * bsize + shortage.bytes)}`
  return `nr_inodes=${files - ffree + shortage.inodes}`
}

async function onTmpfs<T>(
  { root, before }: Stage,
  name: string,
  act: (base: string, mount: string) => Promise<T>,
): Promise<T> {
  const mount = join(root, name)
  mkdirSync(mount, { recursive: true })
  system('mount', '-t', 'tmpfs', '-o', `size=${AMPLE.bytes},nr_inodes=${AMPLE.inodes}`, 'tmpfs', mount)
  try {
    const base = join(mount, 'base')
    copyTree(before, base)
    return await act(base, mount)
  } finally {
    system('umount', mount)
  }
}

/** Runs a program of the system to its end. Throws what it says when it fails. */
export function system(program: string, ...args: readonly string[]): void {
  const { status, stderr } = spawnSync(findProgram(program) ?? program, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`)
}
