import { closeSync, fsyncSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { findProgram } from '../programs.ts'
import { canMount, system } from './mounts.ts'
import { copyTree, startFlowscan } from './product.ts'
import { damageIn, recover, type Stage, type Verdict } from './stage.ts'

/*
 * A power failure, as near as it comes without pulling a plug: ext4 in a file, mounted with nothing written out by itself, is shut
 * down with the ioctl EXT4_IOC_SHUTDOWN, which drops what is not on the disk. Before that another process makes a file of its own durable,
 * which commits the journal: names are then on the disk, and bytes only where flowscan made them so.
 */
const SHUTDOWN = 0x8004587d
/** Without a last flush of the journal. */
const NO_LOG_FLUSH = 2
const SIZE = '48M'

export function canCutPower(): boolean {
  return canMount() && ['mkfs.ext4', 'perl', 'losetup', 'truncate'].every((name) => findProgram(name) !== null)
}

/** The directory before, on a file system in a file. */
export async function makeDisk({ root, before }: Stage): Promise<string> {
  const disk = join(root, 'disk')
  system('truncate', '-s', SIZE, disk)
  system('mkfs.ext4', '-q', disk)
  await mounted(disk, join(root, 'new'), (mount) => copyTree(before, join(mount, 'base')))
  return disk
}

/** When: at a share of the time of an undisturbed run, or when the run is over, but nothing beside fsync has brought anything to the disk. */
export type Cut = number | 'at the end'

/** Cuts the power, looks at what the disk holds, runs once more and compares. */
export async function cutPower(stage: Stage, disk: string, cut: Cut, worker = 0): Promise<Verdict> {
  const copy = join(stage.root, `disk-${worker}`)
  system('cp', '--sparse=always', disk, copy)
  const mount = join(stage.root, `power-${worker}`)
  await mounted(copy, mount, async () => {
    const { child, ended } = startFlowscan(stage.product, join(mount, 'base'), stage.scenario.command)
    await (cut === 'at the end' ? ended : Promise.race([setTimeout(cut * stage.ms), ended]))
    commitJournal(mount)
    const code = `$how = pack("L", ${NO_LOG_FLUSH}); open(F, "<", $ARGV[0]) and ioctl(F, ${SHUTDOWN}, $how) or die $!`
    system('perl', '-e', code, mount)
    child.kill('SIGKILL')
    await ended
  })
  const problem = await mounted(copy, mount, async () => {
    const base = join(mount, 'base')
    return damageIn(stage, base) ?? (await recover(stage, base, worker))
  })
  return problem === null ? { kind: 'sound' } : { kind: 'broken', problem }
}

function commitJournal(mount: string): void {
  const descriptor = openSync(join(mount, 'another'), 'w')
  writeSync(descriptor, 'durable')
  fsyncSync(descriptor)
  closeSync(descriptor)
}

async function mounted<T>(disk: string, mount: string, act: (mount: string) => T | Promise<T>): Promise<T> {
  mkdirSync(mount, { recursive: true })
  system('mount', '-o', 'loop,commit=300,noauto_da_alloc', disk, mount)
  try {
    return await act(mount)
  } finally {
    system('umount', mount)
  }
}
