import { SingleBar } from 'cli-progress'
import type { Command } from 'commander'
import { loadConfig } from '../config/load.ts'
import type { Config } from '../config/schema.ts'
import { SLOT_MS } from '../model/time.ts'
import { continueCampus, isMadeUp } from '../run/campus.ts'
import { addConfigOption, type ConfigOption } from './config-option.ts'
import { addServeOptions, type ServeOptions, serve } from './serve.ts'
import { untilInterrupted } from './until-interrupted.ts'
import { runTolerantly } from './watch.ts'

/** After the end of a slot, until its files have settled. */
const SETTLED_MS = 20_000

export function configure(command: Command): void {
  addServeOptions(addConfigOption(command))
    .addHelpText(
      'after',
      `
Example:
  $ flowscan demo

Where there are no flow files yet, a campus is made up: three days of traffic, written as flow-capture and nfcapd would.
Then, whatever flow files there are: ingests them, builds the site, serves it, and goes on every five minutes. Ctrl-C ends it.`,
    )
    .action(async ({ config: path, ...options }: ConfigOption & ServeOptions) => {
      const { config } = await loadConfig(path)
      const madeUp = isMadeUp(config)
      const goOn = async (): Promise<void> => {
        if (madeUp) makeUp(config)
        await runTolerantly(path)
      }
      await goOn()
      const server = await serve(config.site.dir, options)
      console.error(
        `flowscan: the site is at ${server.url}; new flow files are read every five minutes; Ctrl-C ends this`,
      )
      const stop = everySlot(goOn)
      await untilInterrupted()
      await stop()
      await server.close()
    })
}

function makeUp(config: Config): void {
  const bar = process.stderr.isTTY
    ? new SingleBar({
        format: 'making up traffic {bar} {value}/{total} slots',
        hideCursor: true,
        clearOnComplete: true,
      })
    : null
  const files = continueCampus(config, Date.now(), {
    onSlot(done, all) {
      if (done === 1) bar?.start(all, 0)
      bar?.update(done)
    },
  })
  bar?.stop()
  if (files > 0) console.error(`flowscan: made up ${files} flow files of an example campus in ${config.flows[0]!.dir}`)
}

/** Calls `act` a little after the end of each slot; returns how to end that. */
function everySlot(act: () => Promise<void>): () => Promise<void> {
  let running = Promise.resolve()
  let timer: NodeJS.Timeout
  const plan = (): void => {
    const now = Date.now()
    timer = setTimeout(
      () => {
        running = running.then(act).then(plan)
      },
      SLOT_MS - ((now - SETTLED_MS) % SLOT_MS),
    )
  }
  plan()
  return async () => {
    clearTimeout(timer)
    await running
    clearTimeout(timer)
  }
}
