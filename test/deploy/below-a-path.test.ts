import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { buildSite } from '../../site/build.ts'
import { temporaryDirectory } from '../directory.ts'
import { startNginx } from '../nginx.ts'
import { isWithout } from '../programs.ts'
import { configOf, part, store } from '../site/stored.ts'

/** As deploy/README.md tells, under "Below a path of a host". */
const change = (host: string) =>
  host.replace('=404 /404.html', '=404 /flows/404.html').replaceAll(' /assets/', ' /flows/assets/')

test.skipIf(isWithout('deploy/nginx.conf', 'nginx'))(
  'below a path of a host, what is not there leads on to what is',
  async () => {
    const config = configOf({ site: { path: '/flows/' } })
    store(config, part(0, { http: [300_000, 300_000] }))
    await buildSite(config)
    const folder = temporaryDirectory()
    const root = join(folder, 'host')
    mkdirSync(root)
    symlinkSync(join(config.site.dir, 'current'), join(root, 'flows'))
    const nginx = await startNginx(folder, { root, change })
    const get = (path: string) => fetch(new URL(path, nginx.url))
    try {
      for (const path of ['/flows/nothing', '/flows/networks/nothing/at/all/', '/flows/nothing.csv']) {
        const answer = await get(path)
        expect(answer.status, path).toBe(404)
        const links = [...(await answer.text()).matchAll(/ (?:href|src)="([^"#]+)"/g)].map(([, href]) => href!)
        expect(links.length).toBeGreaterThan(10)
        for (const href of links)
          expect([href, (await get(new URL(href, answer.url).href)).status]).toEqual([href, 200])
      }
      const [asset] = (await (await get('/flows/')).text()).match(/assets\/site.css[^"]*/)!
      expect((await get(`/flows/${asset}`)).headers.get('cache-control')).toContain('immutable')
    } finally {
      await nginx.stop()
    }
  },
)
