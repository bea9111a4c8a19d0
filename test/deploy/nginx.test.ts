import { spawnSync } from 'node:child_process'
import { existsSync, lchownSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { beforeAll, describe, expect, test } from 'vitest'
import { createDraft } from '../../site/release.ts'
import { startServer } from '../../site/serve.ts'
import { startNginx } from '../nginx.ts'
import { findProgram, isWithout } from '../programs.ts'

/** Debian's module. */
const BROTLI = '/usr/lib/nginx/modules/ngx_http_brotli_static_module.so'

const WINDOW = 'data/5m/2026-11-23-0123456789abcdef0123456789abcdef'

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
  mkdirSync(join(current, WINDOW), { recursive: true })
  writeFileSync(join(current, WINDOW, 'index.json.gz'), gzipSync('{}'))
  writeFileSync(join(current, 'data', 'catalog.json'), '{}')
  writeFileSync(join(current, 'feed.xml'), '<feed/>')
  writeFileSync(join(current, 'assets', 'site.css'), 'p{}')
  writeFileSync(join(current, 'assets', 'big.js'), `// ${'x'.repeat(2000)}`)
  writeFileSync(join(current, 'assets', 'big.js.gz'), gzipSync('// packed before'))
  writeFileSync(join(current, 'assets', 'big.js.br'), brotliCompressSync('// packed before'))
  writeFileSync(join(current, '.secret'), 'x')
  // Somebody else's file, as the site's owner would find it.
  symlinkSync('/etc/hostname', join(current, 'way-out'))
  if (process.getuid?.() === 0) lchownSync(join(current, 'way-out'), 65_534, 65_534)
}

type Headers = NodeJS.Dict<string | string[]>

interface Response {
  status: number
  headers: Headers
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

  function ask(path: string, method = 'GET', headers: Record<string, string> = {}, at = port): Promise<Response> {
    return new Promise((resolve, reject) => {
      const asked = request({ host: '127.0.0.1', port: at, path, method, headers, agent: false }, (response) => {
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

  /** What there is, and whether it may be kept without asking. */
  const PLACES = [
    { place: 'the first page', path: '/', isKept: false },
    { place: 'a page', path: '/networks/', isKept: false },
    { place: 'a page of the archive, behind a link', path: '/23/', isKept: false },
    { place: 'a CSV', path: '/networks/bits.csv', isKept: false },
    { place: 'a JSON', path: '/networks/bits.json', isKept: false },
    { place: 'a feed', path: '/feed.xml', isKept: false },
    { place: 'an asset under its hash', path: '/assets/site.css?v=0123456789', isKept: true },
    { place: 'an asset without', path: '/assets/site.css', isKept: false },
    { place: 'the catalog', path: '/data/catalog.json', isKept: false },
    { place: 'a data window', path: `/${WINDOW}/index.json.gz`, isKept: true },
    { place: 'the page for what is not there', path: '/404.html', isKept: false },
  ]
  /** How it may be asked for; `with` makes headers of those of an answer before. */
  const WAYS = [
    { way: 'GET', status: 200 },
    { way: 'GET, packed', status: 200, with: () => ({ 'accept-encoding': 'gzip, br' }) },
    { way: 'HEAD', method: 'HEAD', status: 200 },
    { way: 'a part', status: 206, with: () => ({ range: 'bytes=0-1' }) },
    { way: 'the ETag known', status: 304, with: ({ etag }: Headers) => ({ 'if-none-match': String(etag) }) },
    {
      way: 'the time known',
      status: 304,
      with: (before: Headers) => ({ 'if-modified-since': String(before['last-modified']) }),
    },
    { way: 'another ETag demanded', status: 412, with: () => ({ 'if-match': '"other"' }) },
    { way: 'too late a part', status: 416, with: () => ({ range: 'bytes=90000-' }) },
    { way: 'POST', method: 'POST', status: 405 },
    { way: 'PUT', method: 'PUT', status: 405 },
    { way: 'DELETE', method: 'DELETE', status: 405 },
    { way: 'OPTIONS', method: 'OPTIONS', status: 405 },
    { way: 'too much sent', status: 413, with: () => ({ 'content-length': '9999' }) },
    {
      way: 'two lengths',
      method: 'POST',
      status: 400,
      with: () => ({ 'content-length': '0', 'transfer-encoding': 'chunked' }),
    },
    { way: 'too many headers', status: 400, with: () => ({ cookie: 'x'.repeat(40_000) }) },
  ]

  test.each(PLACES.flatMap((place) => WAYS.map((way) => ({ ...place, ...way }))))(
    '$place, $way: $status with every header',
    async ({ path, isKept, method = 'GET', status, with: headersFor = () => ({}) }) => {
      const before = await ask(path)
      const answer = await ask(path, method, headersFor(before.headers) as Record<string, string>)
      expect(answer.status).toBe(status)
      expectHeaders(answer)
      // Asked to be kept is only what was sent, or is known. Where nginx says two things (416), it says the stricter, too.
      const cache = String(answer.headers['cache-control'])
      if (isKept && status < 400) expect(cache).toBe('public, max-age=31536000, immutable')
      else expect(cache).toMatch(/(^|, )no-cache$/)
    },
  )

  test.each([
    { name: 'a directory without its slash', path: '/networks', status: 301 },
    { name: 'a directory without a page', path: '/empty/', status: 404 },
    { name: 'nothing', path: '/nothing', status: 404 },
    { name: 'an asset that is not there', path: '/assets/nothing.css?v=0123456789', status: 404 },
    { name: 'a window that is not there', path: '/data/5m/2026-11-23-0123456789abcdef/index.json.gz', status: 404 },
    { name: 'a CSV that is not there', path: '/nothing.csv', status: 404 },
    { name: 'a dotfile', path: '/.secret', status: 404 },
    { name: 'a dot directory', path: '/.git/config', status: 404 },
    { name: 'a way out by a link (403 for nginx)', path: '/way-out', status: 404 },
    { name: 'a way out by dots', path: '/../releases/1.json.gz', status: 400 },
    { name: 'a way out by coded dots', path: '/%2e%2e/releases/', status: 400 },
    { name: 'a NUL', path: '/%00', status: 400 },
    { name: 'a far too long address', path: `/${'x'.repeat(10_000)}`, status: 414 },
    { name: 'a method that is none', path: '/', method: 'TRACE', status: 405 },
  ])('$name: $status with every header', async ({ path, method, status }) => {
    const answer = await ask(path, method)
    expect(answer.status).toBe(status)
    expectHeaders(answer)
    expect(answer.headers['cache-control']).toBe('no-cache')
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

  test('a query that no asset has makes nothing kept', async () => {
    for (const path of ['/?v=0123', '/networks/?v=0123', '/data/catalog.json?v=0123', '/assets/site.css?v=x'])
      expect((await ask(path)).headers['cache-control'], path).toBe('no-cache')
  })

  test('what can shrink is sent small, from a packed file where there is one', async () => {
    const get = (path: string) => ask(path, 'GET', { 'accept-encoding': 'gzip' })
    expect((await get('/networks/')).headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'Accept-Encoding' })
    const packed = await get('/assets/big.js')
    expect(Number(packed.headers['content-length'])).toBeLessThan(100)
  })

  test('two contents of equal size within a second are told apart', async () => {
    const site = join(folder, 'twice')
    const record = { version: 'x', pages: {}, assets: {}, ranges: {} } as never
    const publish = async (text: string) => {
      const draft = createDraft(site)
      await draft.write([{ path: 'index.html', text }])
      await draft.publish(record)
    }
    await publish('<p>one')
    const nginx = await startNginx(join(folder, 'twice-nginx'), { root: join(site, 'current') })
    for (const headers of [{}, { 'accept-encoding': 'gzip' }] as Record<string, string>[]) {
      await publish('<p>two')
      const { etag } = (await ask('/', 'GET', headers, nginx.port)).headers
      await publish('<p>six')
      const answer = await ask('/', 'GET', { ...headers, 'if-none-match': String(etag) }, nginx.port)
      expect(answer.status).toBe(200)
      expect(answer.headers.etag).not.toBe(etag)
    }
    await nginx.stop()
  })

  test.skipIf(!existsSync(BROTLI))('Brotli, when its line is no comment any more, with every header', async () => {
    const nginx = await startNginx(join(folder, 'brotli'), {
      root: join(folder, 'site', 'current'),
      modules: [BROTLI],
      change: (host) => host.replace(/# (location .* brotli_static on;)/, '$1'),
    })
    const path = '/assets/big.js?v=0123456789'
    const answer = await ask(path, 'GET', { 'accept-encoding': 'gzip, br' }, nginx.port)
    expect(answer.headers).toMatchObject({
      'content-encoding': 'br',
      vary: 'Accept-Encoding',
      'content-type': 'application/javascript; charset=utf-8',
      'cache-control': 'public, max-age=31536000, immutable',
    })
    expectHeaders(answer)
    const page = await ask('/networks/', 'GET', { 'accept-encoding': 'gzip, br' }, nginx.port)
    expect(page.headers['content-encoding']).toBe('gzip')
    await nginx.stop()
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
