import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { createDraft } from '../../site/release.ts'
import { findProgram, isWithout } from '../programs.ts'

const DEPLOY = new URL('../../deploy/', import.meta.url).pathname
const shipped = readFileSync(join(DEPLOY, 'Caddyfile'), 'utf8')
const PAGE = `<p>${'networks '.repeat(300)}</p></html>`
const KEPT = 'public, max-age=31536000, immutable'

test('Caddyfile says what nginx.conf says', () => {
  const nginx = readFileSync(join(DEPLOY, 'nginx.conf'), 'utf8')
  for (const [, name, value] of nginx.matchAll(/add_header ([\w-]+) "([^"]+)" always;/g)) {
    if (name !== 'Strict-Transport-Security') expect(shipped.replaceAll('"', ''), name).toContain(`${name} ${value}\n`)
  }
  expect(shipped).toContain(/root (.*);/.exec(nginx)![1])
})

describe.skipIf(isWithout('deploy/Caddyfile', 'caddy'))('Caddyfile', () => {
  let folder: string
  let port: number

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'flowscan-'))
    await publish('first')
    port = await freePort()
    const caddy = startCaddy()
    await vi.waitFor(() => ask('/'), { timeout: 20_000, interval: 50 })
    return async () => {
      caddy.kill('SIGTERM')
      await new Promise((resolve) => caddy.once('exit', resolve))
      rmSync(folder, { recursive: true, force: true })
    }
  }, 30_000)

  async function publish(text: string): Promise<void> {
    const draft = createDraft(join(folder, 'site'))
    await draft.write([
      { path: 'index.html', text },
      { path: '404.html', text: 'not there' },
      { path: 'networks/index.html', text: PAGE },
      { path: 'assets/site.css', text: 'p{}'.repeat(300) },
      { path: 'data/catalog.json', text: '{}' },
      { path: 'data/5m/2026-11-23-0123456789abcdef/index.json.gz', text: 'packed' },
    ])
    writeFileSync(join(draft.directory, '.secret'), 'secret')
    await draft.publish({ version: 'x', pages: {}, assets: {}, ranges: {} } as never)
  }

  /** As shipped, but for its name, its root, and what it keeps elsewhere. */
  function startCaddy(): ChildProcess {
    const config = shipped
      .replace('flowscan.example.org', `http://127.0.0.1:${port}`)
      .replace(/root \* .*/, `root * ${folder}/site/current`)
    writeFileSync(join(folder, 'Caddyfile'), `{\n\tadmin off\n\tauto_https off\n}\n${config}`)
    const home = { HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder }
    return spawn(findProgram('caddy')!, ['run', '--config', join(folder, 'Caddyfile'), '--adapter', 'caddyfile'], {
      env: { ...process.env, ...home },
      stdio: 'ignore',
    })
  }

  function ask(path: string, method = 'GET', headers: Record<string, string> = {}) {
    return new Promise<{ status: number; headers: IncomingHttpHeaders; body: Buffer }>((resolve, reject) => {
      request({ host: '127.0.0.1', port, path, method, headers, agent: false }, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk) => chunks.push(chunk))
        response.on('end', () =>
          resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(chunks) }),
        )
      })
        .on('error', reject)
        .end()
    })
  }

  test.each([
    { name: 'a page', path: '/networks/', status: 200, cache: 'no-cache' },
    { name: 'HEAD', path: '/', method: 'HEAD', status: 200, cache: 'no-cache' },
    { name: 'a part', path: '/networks/', headers: { range: 'bytes=0-3' }, status: 206, cache: 'no-cache' },
    { name: 'too late a part', path: '/networks/', headers: { range: 'bytes=90000-' }, status: 416, cache: 'no-cache' },
    { name: 'an asset under its hash', path: '/assets/site.css?v=0123456789', status: 200, cache: KEPT },
    { name: 'an asset without', path: '/assets/site.css', status: 200, cache: 'no-cache' },
    { name: 'an asset that is not there', path: '/assets/x.css?v=0123456789', status: 404, cache: 'no-cache' },
    { name: 'the catalog', path: '/data/catalog.json', status: 200, cache: 'no-cache' },
    { name: 'a window', path: '/data/5m/2026-11-23-0123456789abcdef/index.json.gz', status: 200, cache: KEPT },
    { name: 'a directory without its slash', path: '/networks', status: 308, cache: 'no-cache' },
    { name: 'a directory without a page', path: '/data/', status: 404, cache: 'no-cache' },
    { name: 'nothing', path: '/nothing', status: 404, cache: 'no-cache' },
    { name: 'a dotfile', path: '/.secret', status: 404, cache: 'no-cache' },
    { name: 'a way out by dots', path: '/../releases/1.json.gz', status: 404, cache: 'no-cache' },
    { name: 'POST', path: '/', method: 'POST', status: 405, cache: 'no-cache' },
    { name: 'OPTIONS', path: '/networks/', method: 'OPTIONS', status: 405, cache: 'no-cache' },
  ])('$name: $status with every header', async ({ path, method, headers, status, cache }) => {
    const answer = await ask(path, method, headers as Record<string, string> | undefined)
    expect(answer.status).toBe(status)
    expect(answer.headers).toMatchObject({
      'content-security-policy': expect.stringContaining("default-src 'none'; script-src 'self'; style-src 'self'"),
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'x-frame-options': 'DENY',
      'cache-control': cache,
    })
    if (status === 404 && method !== 'HEAD') expect(answer.body.toString()).toBe('not there')
  })

  test('packed files are sent to whoever takes them, and what is known is answered 304', async () => {
    const packed = await ask('/networks/', 'GET', { 'accept-encoding': 'gzip, br' })
    expect(packed.headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'Accept-Encoding' })
    expect(gunzipSync(packed.body).toString()).toBe(PAGE)
    expect((await ask('/assets/site.css', 'GET', { 'accept-encoding': 'gzip, br' })).headers['content-encoding']).toBe(
      'br',
    )
    const again = await ask('/networks/', 'GET', { 'if-none-match': String((await ask('/networks/')).headers.etag) })
    expect(again.status).toBe(304)
    expect(again.headers['content-security-policy']).toContain("default-src 'none'")
  })

  test('a new release shows at once, without a reload', async () => {
    const { etag } = (await ask('/')).headers
    await publish('other')
    const answer = await ask('/', 'GET', { 'if-none-match': String(etag) })
    expect(answer.body.toString()).toBe('other')
  })
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
