import { createRequire } from 'node:module'
import { Command, CommanderError } from 'commander'
import { EXIT, explainRefusal, UserError } from './model/errors.ts'
import { setFlag, whileLoading } from './model/v8-flags.ts'

/**
 * Every command: its name, a line for the overview, and the module that knows the rest. A command module exports
 * `configure(command)`, which adds arguments, options, an example and the action. Modules load only when named.
 */
const COMMANDS: readonly (readonly [name: string, summary: string, load: () => Promise<CommandModule>])[] = [
  ['run', 'ingest new flow files and build the site: what the timer calls', () => import('./commands/run.ts')],
  ['ingest', 'turn new flow files into parts and series', () => import('./commands/ingest.ts')],
  ['build', 'build the site from what is stored', () => import('./commands/build.ts')],
  ['watch', 'do what run does whenever a flow file was closed', () => import('./commands/watch.ts')],
  ['serve', 'look at the site on this machine', () => import('./commands/serve.ts')],
  [
    'demo',
    "make a believable campus's flow files, ingest, build, serve, and go on",
    () => import('./commands/demo.ts'),
  ],
  ['check', 'check the config and the directories it names', () => import('./commands/check.ts')],
  ['fsck', 'look for damage in what is stored, and repair it', () => import('./commands/fsck.ts')],
  ['prune', 'remove what is older than retention says, or tell what that is', () => import('./commands/prune.ts')],
  ['verify', 'count saved flow files again and compare with what is stored', () => import('./commands/verify.ts')],
  ['rebuild', 'count saved flow files again, by the config of today', () => import('./commands/rebuild.ts')],
  ['inspect', 'show what is in a flow file', () => import('./commands/inspect.ts')],
  ['query', 'print what is stored of a dimension, a member or a pair', () => import('./commands/query.ts')],
]

export interface CommandModule {
  configure(command: Command): void
}

/**
 * V8 optimizes a function once it has run through so many bytes of code. Its own 66 KB are meant for what goes on for hours: a build of two
 * seconds spent a quarter of them on optimizing what hardly ran again. What runs per flow is WebAssembly and does not wait for it.
 */
const RUNS_BEFORE_OPTIMIZING = 4_000_000

async function main(argv: readonly string[]): Promise<number> {
  const program = await createProgram(argv[2])
  setFlag('interrupt-budget', RUNS_BEFORE_OPTIMIZING)
  try {
    await program.parseAsync([...argv])
    return Number(process.exitCode ?? EXIT.ok)
  } catch (error) {
    return report(error)
  }
}

/** Only the command that is called gets its options: the others need no more than their line in the overview. */
async function createProgram(called: string | undefined): Promise<Command> {
  const { version } = createRequire(import.meta.url)('flowscan/package.json') as { version: string }
  const program = new Command('flowscan')
    .description('See what fills your lines: flow files in, a static site of charts and scoreboards out.')
    .version(version)
    .exitOverride()
    .showHelpAfterError('(flowscan --help shows every command)')
    .addHelpText(
      'after',
      '\nExample:\n  $ flowscan run --config /etc/flowscan/flowscan.config.ts\n\nflowscan COMMAND --help tells more of each.',
    )
  for (const [name, summary, load] of COMMANDS) {
    const command = program.command(name).description(summary).exitOverride()
    const wanted = called === name || called === 'help'
    if (wanted) (await load()).configure(command)
  }
  return program
}

/** One plain line for what the operator can mend; a stack for what is a bug. */
function report(thrown: unknown): number {
  const error = explainRefusal(thrown)
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
  if (error instanceof UserError) {
    console.error(`flowscan: ${error.message}`)
    return error.exitCode
  }
  console.error('flowscan: unexpected error, please report it:', error)
  return EXIT.bug
}

void main(process.argv).then((code) => {
  // What is kept of this process for the next (`commands/loader.cjs`) has V8's own flags.
  whileLoading()
  process.exit(code)
})
