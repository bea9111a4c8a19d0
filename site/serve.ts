import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { join } from 'node:path'
import sirv from 'sirv'
import { NOT_FOUND } from './links.ts'

/** A web server that runs until it is closed. */
export interface RunningServer {
  /** `http://localhost:8080/`. */
  readonly url: string
  close(): Promise<void>
}

/** What every answer carries; deploy/nginx.conf carries the same. */
const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; base-uri 'none'; object-src 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types flowscan",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-cache',
} as const

/**
 * Serves the site in `site.dir` for looking at it on this machine; it is the public one's server only by choice. Every request
 * goes through the link `current`, so that a new release shows without a restart. Rejects when the port is taken.
 */
export async function startServer(
  siteDirectory: string,
  { port, host }: { readonly port: number; readonly host: string },
): Promise<RunningServer> {
  const current = join(siteDirectory, 'current')
  const files = sirv(current, { dev: true, etag: true, gzip: true, brotli: true })
  const server = createServer((request, response) => {
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value)
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { allow: 'GET, HEAD' }).end()
      return
    }
    const answerNotFound = async () => {
      const page = await readNotFound(current)
      response.writeHead(404, { 'content-type': 'text/html; charset=utf-8' })
      response.end(request.method === 'HEAD' ? undefined : page)
    }
    const url = request.url ?? ''
    if (isHidden(url)) return void answerNotFound()
    const behind = addressBehind(current, url)
    if (behind !== null) response.writeHead(301, { location: behind }).end()
    else files(request, response, () => void answerNotFound())
  })
  await listen(server, port, host)
  return {
    url: urlOf(server, host),
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error === undefined ? resolve() : reject(error)))
        server.closeAllConnections()
      }),
  }
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

function urlOf(server: Server, host: string): string {
  const bound = server.address()
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}/`
}

/** Names with a dot in front are of files being written. */
function isHidden(url: string): boolean {
  try {
    return /\/\./.test(decodeURIComponent(new URL(url, 'http://site.invalid').pathname))
  } catch {
    return true
  }
}

/** Where the page lies whose address lacks its slash, seen from there: without it the page's own links would lead elsewhere. */
function addressBehind(current: string, url: string): string | null {
  const { pathname, search } = new URL(url, 'http://site.invalid')
  if (pathname.endsWith('/') || !existsSync(join(current, decodeURIComponent(pathname), 'index.html'))) return null
  return `./${pathname.slice(pathname.lastIndexOf('/') + 1)}/${search}`
}

async function readNotFound(current: string): Promise<string> {
  try {
    return await readFile(join(current, NOT_FOUND), 'utf8')
  } catch {
    return 'There is no site here yet: flowscan build makes one.\n'
  }
}
