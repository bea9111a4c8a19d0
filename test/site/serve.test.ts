import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { type IncomingHttpHeaders, request } from 'node:http'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type RunningServer, startServer } from '../../site/serve.ts'
import { temporaryDirectory } from '../directory.ts'

let directory: string
let server: RunningServer

beforeEach(async () => {
  directory = temporaryDirectory()
  release('1', 'first')
  publish('1')
  server = await startServer(directory, { port: 0, host: '127.0.0.1' })
})
afterEach(() => server.close())

function release(name: string, text: string): void {
  mkdirSync(join(directory, 'releases', name, 'networks'), { recursive: true })
  writeFileSync(join(directory, 'releases', name, 'index.html'), text)
  writeFileSync(join(directory, 'releases', name, 'networks', 'index.html'), `${text} networks`)
  writeFileSync(join(directory, 'releases', name, '404.html'), `${text} not found`)
  writeFileSync(join(directory, 'releases', name, '.secret'), 'secret')
}

function publish(name: string): void {
  symlinkSync(`releases/${name}`, join(directory, 'next'))
  renameSync(join(directory, 'next'), join(directory, 'current'))
}

const get = async (path: string, init?: RequestInit) => {
  const response = await fetch(server.url + path, init)
  return { status: response.status, text: await response.text(), headers: response.headers }
}

test('a new release shows without a restart', async () => {
  expect((await get('')).text).toBe('first')
  release('2', 'second')
  publish('2')
  expect((await get('')).text).toBe('second')
  expect((await get('networks/')).text).toBe('second networks')
})

test('an address that lacks its slash leads to the page, and nowhere else', async () => {
  const location = async (path: string) => {
    const response = await fetch(server.url + path, { redirect: 'manual' })
    return [response.status, response.headers.get('location')]
  }
  expect(await location('networks?a=1')).toEqual([301, './networks/?a=1'])
  expect((await get('networks?a=1')).text).toBe('first networks')
  expect(await location('nothing')).toEqual([404, null])
  expect(await location('404.html')).toEqual([200, null])
})

test('who takes packed files gets them, and is told', async () => {
  const text = 'networks '.repeat(200)
  const file = join(directory, 'releases', '1', 'networks', 'index.html')
  writeFileSync(file, text)
  writeFileSync(`${file}.gz`, gzipSync(text))
  const raw = (headers: Record<string, string>) =>
    new Promise<{ headers: IncomingHttpHeaders; body: Buffer }>((resolve) =>
      request(`${server.url}networks/`, { headers }, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk) => chunks.push(chunk))
        response.on('end', () => resolve({ headers: response.headers, body: Buffer.concat(chunks) }))
      }).end(),
    )
  const packed = await raw({ 'accept-encoding': 'gzip, br' })
  expect(packed.headers).toMatchObject({
    'content-encoding': 'gzip',
    'content-type': 'text/html;charset=utf-8',
    vary: 'Accept-Encoding',
    'cache-control': 'no-cache',
  })
  expect(gunzipSync(packed.body).toString()).toBe(text)
  const plain = await raw({})
  expect(plain.headers['content-encoding']).toBeUndefined()
  expect(plain.body.toString()).toBe(text)
})

test('every answer forbids scripts of others, also where there is nothing', async () => {
  for (const path of ['', 'nowhere/']) {
    const { headers } = await get(path)
    expect(headers.get('content-security-policy')).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self'/)
    expect(headers.get('content-security-policy')).not.toContain('unsafe')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
  }
})

test('nothing there: the page that says so', async () => {
  expect(await get('nowhere/')).toMatchObject({ status: 404, text: 'first not found' })
  expect((await get('.secret')).status).toBe(404)
})

test.each(['/..%2f..%2f..%2fetc/passwd', '/../releases/1.json.gz', '/%2e%2e/%2e%2e/etc/passwd', '/%'])(
  'nothing outside the release is to be had: %s',
  async (path) => {
    const { port } = new URL(server.url)
    const status = await new Promise<number>((resolve, reject) => {
      request({ host: '127.0.0.1', port, path }, (response) => {
        response.resume()
        resolve(response.statusCode!)
      })
        .on('error', reject)
        .end()
    })
    expect(status).toBe(404)
  },
)

test('only GET and HEAD', async () => {
  expect(await get('', { method: 'HEAD' })).toMatchObject({ status: 200, text: '' })
  const refused = await get('', { method: 'POST', body: 'x' })
  expect(refused.status).toBe(405)
  expect(refused.headers.get('allow')).toBe('GET, HEAD')
})

test('a port that is taken is an error', async () => {
  const { port } = new URL(server.url)
  await expect(startServer(directory, { port: Number(port), host: '127.0.0.1' })).rejects.toThrow(/EADDRINUSE/)
})

test('before the first build it tells what to do', async () => {
  const empty = await startServer(temporaryDirectory(), { port: 0, host: '127.0.0.1' })
  const response = await fetch(empty.url)
  expect(response.status).toBe(404)
  expect(await response.text()).toContain('flowscan build')
  await empty.close()
})
