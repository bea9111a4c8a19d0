import { type Command, InvalidArgumentError } from 'commander'
import { type RunningServer, startServer } from '../../site/serve.ts'
import { loadConfig } from '../config/load.ts'
import { EXIT, UserError } from '../model/errors.ts'
import { addConfigOption, type ConfigOption } from './config-option.ts'
import { untilInterrupted } from './until-interrupted.ts'

/** Where a site is shown. */
export interface ServeOptions {
  readonly port: number
  readonly host: string
}

export function addServeOptions(command: Command): Command {
  return command
    .option('--port <port>', 'where to listen; 0 takes any that is free', parsePort, 8080)
    .option('--host <host>', 'which address to listen on', 'localhost')
}

export function configure(command: Command): void {
  addServeOptions(addConfigOption(command))
    .addHelpText(
      'after',
      `
Example:
  $ flowscan serve --port 8080

Shows what flowscan build made, and every later build, until it is interrupted. For the public use a web server:
deploy/nginx.conf.`,
    )
    .action(async ({ config: path, ...options }: ConfigOption & ServeOptions) => {
      const { config } = await loadConfig(path)
      const server = await serve(config.site.dir, options)
      console.error(`flowscan: ${config.site.dir} is at ${server.url} until Ctrl-C`)
      await untilInterrupted()
      await server.close()
    })
}

/** Shows a site. Throws a UserError (74) that says what to do where it cannot listen. */
export async function serve(siteDirectory: string, options: ServeOptions): Promise<RunningServer> {
  try {
    return await startServer(siteDirectory, options)
  } catch (error) {
    throw explain(error as NodeJS.ErrnoException, options)
  }
}

function parsePort(text: string): number {
  const port = Number(text)
  if (!/^\d{1,5}$/.test(text) || port > 65_535) throw new InvalidArgumentError('It must be 0 to 65535.')
  return port
}

function explain(error: NodeJS.ErrnoException, { port, host }: ServeOptions): Error {
  switch (error.code) {
    case 'EADDRINUSE':
      return new UserError(`${host}:${port} is in use by another program; choose another with --port`, EXIT.io, {
        cause: error,
      })
    case 'EACCES':
      return new UserError(`${host}:${port} is not open to this user; choose a port above 1023 with --port`, EXIT.io, {
        cause: error,
      })
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new UserError(`${host} is no address of this machine; choose another with --host`, EXIT.io, {
        cause: error,
      })
    default:
      return error
  }
}
