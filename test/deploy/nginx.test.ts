import { spawnSync } from 'node:child_process'
import { lchownSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { beforeAll, describe, expect, test } from 'vitest'
import { startServer } from '../../site/serve.ts'
import { startNginx } from '../nginx.ts'
import { findProgram, isWithout } from '../programs.ts'

function writeSite(site: string): void {
  const current = join(site, 'releases', '1')
  mkdirSync(join(current, 'assets'), { recursive: true })
  mkdirSync(join(current, 'networks'))
  mkdirSync(join(current, 'empty'))
  mkdirSync(join(site, 'archive', '23'), { recursive: true })
  symlinkSync(join('releases', '1'), join(site, 'current'))
  symlinkSync('../../archive/23', join(current, '23'))
  writeFileSync(join(site, 'archive', '23', 'index.html'), '<p>archive')
  writeFileSync(join(current, 'index.html'), '<p>überblick')
  writeFileSync(join(current, '404.html'), '<p>not there')
  writeFileSync(join(current, 'networks', 'index.html'), `<p>${'networks '.repeat(300)}`)
  writeFileSync(join(current, 'networks', 'bits.csv'), 'time,in\n')
  writeFileSync(join(current, 'networks', 'bits.json'), '{}')
  writeFileSync(join(current, 'assets', 'site.css'), 'p{}')
  writeFileSync(join(current, 'assets', 'big.js'), `// ${'x'.repeat(2000)}`)
  writeFileSync(join(current, 'assets', 'big.js.gz'), gzipSync('// packed before'))
  writeFileSync(join(current, '.secret'), 'x')
  // Somebody else's file, as the site's owner would find it.
  symlinkSync('/etc/hostname', join(current, 'way-out'))
  if (process.getuid?.() === 0) lchownSync(join(current, 'way-out'), 65_534, 65_534)
}

interface Response {
  status: number
  headers: NodeJS.Dict<string | string[]>
  body: string
}

/** nginx sends them twice with 416, so each is looked for in what is there. */
function expectHeaders({ headers }: Response): void {
  const sent = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
  expect(sent).toMatchObject({
    'content-security-policy': expect.stringContaining("default-src 'none'; script-src 'self'; style-src 'self'"),
    'x-content-type-options': expect.stringContaining('nosniff'),
    'referrer-policy': expect.stringContaining('no-referrer'),
    'cross-origin-opener-policy': expect.stringContaining('same-origin'),
    'cross-origin-resource-policy': expect.stringContaining('same-origin'),
    'x-frame-options': expect.stringContaining('DENY'),
    'cache-control': expect.stringContaining(''),
    server: 'nginx',
  })
}

describe.skipIf(isWithout('deploy/nginx.conf', 'nginx'))('nginx.conf', () => {
  let port: number
  let folder: string

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'flowscan-'))
    writeSite(join(folder, 'site'))
    const nginx = await startNginx(folder, { root: join(folder, 'site', 'current') })
    port = nginx.port
    return async () => {
      await nginx.stop()
      rmSync(folder, { recursive: true, force: true })
    }
  })

  function ask(path: string, method = 'GET', headers: Record<string, string> = {}): Promise<Response> {
    return new Promise((resolve, reject) => {
      const asked = request({ host: '127.0.0.1', port, path, method, headers, agent: false }, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk) => chunks.push(chunk))
        response.on('end', () =>
          resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(chunks).toString() }),
        )
      })
      asked.on('error', reject).end()
    })
  }

  test('passes nginx -t without a warning', () => {
    const { status, stderr } = spawnSync(
      findProgram('nginx')!,
      ['-t', '-p', folder, '-c', join(folder, 'nginx.conf'), '-e', 'stderr'],
      { encoding: 'utf8' },
    )
    expect(stderr).not.toMatch(/warn|emerg/)
    expect(status).toBe(0)
  })

  test.each([
    { name: 'a page', path: '/', status: 200 },
    { name: 'a page of the archive, behind a link', path: '/23/', status: 200 },
    { name: 'a part of one', path: '/', headers: { range: 'bytes=0-3' }, status: 206 },
    { name: 'a CSV', path: '/networks/bits.csv', status: 200 },
    { name: 'an asset', path: '/assets/site.css?v=0123456789', status: 200 },
    { name: 'HEAD', path: '/', method: 'HEAD', status: 200 },
    { name: 'a directory without its slash', path: '/networks', status: 301 },
    { name: 'a directory without a page', path: '/empty/', status: 404 },
    { name: 'nothing', path: '/nothing', status: 404 },
    { name: 'an asset that is not there', path: '/assets/nothing.css?v=0123456789', status: 404 },
    { name: 'a CSV that is not there', path: '/nothing.csv', status: 404 },
    { name: 'a dotfile', path: '/.secret', status: 404 },
    { name: 'a dot directory', path: '/.git/config', status: 404 },
    { name: 'a way out by a link', path: '/way-out', status: 404 },
    { name: 'a way out by dots', path: '/../releases/1.json.gz', status: 400 },
    { name: 'a way out by coded dots', path: '/%2e%2e/releases/', status: 400 },
    { name: 'POST', path: '/', method: 'POST', status: 405 },
    { name: 'PUT', path: '/x.html', method: 'PUT', status: 405 },
    { name: 'DELETE', path: '/index.html', method: 'DELETE', status: 405 },
    { name: 'OPTIONS', path: '/', method: 'OPTIONS', status: 405 },
    { name: 'an unsatisfiable range', path: '/', headers: { range: 'bytes=900-' }, status: 416 },
    { name: 'a far too long address', path: `/${'x'.repeat(10_000)}`, status: 414 },
  ])('$name is answered $status with every header', async ({ path, method, headers, status }) => {
    const answer = await ask(path, method, headers as Record<string, string> | undefined)
    expect(answer.status).toBe(status)
    expectHeaders(answer)
  })

  test('what is known is answered 304 with every header', async () => {
    const { headers } = await ask('/networks/bits.json')
    const again = await ask('/networks/bits.json', 'GET', { 'if-none-match': String(headers.etag) })
    expect(again.status).toBe(304)
    expectHeaders(again)
  })

  test('what is no request at all is answered 400 with every header', async () => {
    const socket = connect(port, '127.0.0.1').setEncoding('utf8')
    socket.end('GARBAGE\r\n\r\n')
    const text = (await socket.toArray()).join('')
    expect(text).toMatch(/^HTTP\/1\.1 400 /)
    expect(text).toContain("Content-Security-Policy: default-src 'none';")
  })

  test('flowscan serve sends the same policy', async () => {
    const own = await startServer(join(folder, 'site'), { port: 0, host: '127.0.0.1' })
    const theirs = await fetch(own.url)
    const ours = await ask('/')
    for (const name of ['content-security-policy', 'x-content-type-options', 'referrer-policy'])
      expect(theirs.headers.get(name), name).toBe(ours.headers[name])
    await own.close()
  })

  test('what is not there gets the page that says so', async () => {
    for (const path of ['/nothing', '/.secret', '/empty/']) expect((await ask(path)).body).toBe('<p>not there')
  })

  test('a redirect stays on the site, whatever host was asked for', async () => {
    const { headers } = await ask('/networks', 'GET', { host: 'evil.example' })
    expect(headers.location).toBe('/networks/')
  })

  test('text says its type and that it is UTF-8', async () => {
    for (const [path, type] of [
      ['/', 'text/html'],
      ['/networks/bits.csv', 'text/csv'],
      ['/networks/bits.json', 'application/json'],
      ['/assets/site.css', 'text/css'],
    ])
      expect((await ask(path!)).headers['content-type'], path).toBe(`${type}; charset=utf-8`)
  })

  test('only an asset under its hash is kept without asking', async () => {
    const cache = async (path: string) => (await ask(path)).headers['cache-control']
    expect(await cache('/assets/site.css?v=0123456789')).toBe('public, max-age=31536000, immutable')
    for (const path of ['/', '/networks/bits.json', '/assets/site.css', '/?v=0123', '/assets/nothing.css?v=0123'])
      expect(await cache(path), path).toBe('no-cache')
  })

  test('what can shrink is sent small, from a packed file where there is one', async () => {
    const get = (path: string) => ask(path, 'GET', { 'accept-encoding': 'gzip' })
    expect((await get('/networks/')).headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'Accept-Encoding' })
    const packed = await get('/assets/big.js')
    expect(Number(packed.headers['content-length'])).toBeLessThan(100)
  })

  test('a new release shows at once, without a reload', async () => {
    const site = join(folder, 'site')
    mkdirSync(join(site, 'releases', '2'))
    writeFileSync(join(site, 'releases', '2', 'index.html'), '<p>second')
    symlinkSync(join('releases', '2'), join(site, 'next'))
    renameSync(join(site, 'next'), join(site, 'current'))
    expect((await ask('/')).body).toBe('<p>second')
  })
})
