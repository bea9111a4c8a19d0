import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { findProgram } from './programs.ts'

const SHIPPED = readFileSync(new URL('../deploy/nginx.conf', import.meta.url), 'utf8')

export interface NginxOptions {
  /** What it serves: what `current` leads to in an installation. */
  readonly root: string
  /** Of the shipped virtual host. */
  readonly change?: (host: string) => string
  /** Paths of modules that are not built in. */
  readonly modules?: readonly string[]
}

export interface Nginx {
  readonly port: number
  /** With a slash at its end. */
  readonly url: string
  stop(): Promise<void>
}

/** Debian's nginx with the configuration as shipped, on a port of its own; what it needs besides lies in `folder`. */
export async function startNginx(folder: string, options: NginxOptions): Promise<Nginx> {
  const port = await freePort()
  const config = writeNginxConfig(folder, port, options)
  const nginx = spawn(findProgram('nginx')!, ['-p', folder, '-c', config, '-e', 'stderr'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  nginx.stderr.on('data', (bytes) => {
    said += bytes
  })
  for (let attempt = 0; !(await listens(port)); attempt++) {
    if (attempt > 200 || nginx.exitCode !== null) throw new Error(`nginx does not answer: ${said}`)
    await wait(25)
  }
  return {
    port,
    url: `http://127.0.0.1:${port}/`,
    async stop() {
      nginx.kill('SIGTERM')
      await new Promise((resolve) => nginx.once('exit', resolve))
    },
  }
}

/** The shipped virtual host, but for its port and its root, in a server that needs nothing outside `folder`. Returns the path. */
export function writeNginxConfig(
  folder: string,
  port: number,
  { root, change = (host) => host, modules = [] }: NginxOptions,
): string {
  mkdirSync(folder, { recursive: true })
  const host = SHIPPED.replace('listen 80;', `listen 127.0.0.1:${port};`)
    .replace(/^ *listen \[::\]:80;\n/m, '')
    .replace(/root .*;/, `root ${root};`)
  writeFileSync(join(folder, 'flowscan.conf'), change(host))
  const user = process.getuid?.() === 0 ? 'user root;' : ''
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  )
  const config = join(folder, 'nginx.conf')
  writeFileSync(
    config,
    `${modules.map((path) => `load_module ${path};`).join(' ')} ${user} daemon off; worker_processes 1; pid ${folder}/pid; error_log stderr warn; events {}
     http { include /etc/nginx/mime.types; access_log off; ${temporary.join(' ')} include ${folder}/flowscan.conf; }`,
  )
  return config
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return (address as { port: number }).port
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
