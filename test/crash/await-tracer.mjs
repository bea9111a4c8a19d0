import { kill, pid } from 'node:process'
import { withoutChance } from './chance.mjs'

/*
 * Loaded with `node --import` ahead of flowscan's command line: loads what that will load, then stops until whoever traces sends SIGCONT.
 * So the loading of modules, which has no order that comes again, is not in the trace.
 */
await import('commander')
await import(process.env.FLOWSCAN_LOADS)
withoutChance()
kill(pid, 'SIGSTOP')
