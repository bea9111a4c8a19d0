import { parseArgs } from 'node:util'
import { createJiti } from 'jiti'

/*
 * npm run bench:site [-- --only weight,chart,paint,lighthouse,rebuild,archive --entities 20,200,2000 --pause 300]
 *
 * What the site costs: its readers (weight, paint, Lighthouse) and the machine that builds it (charts beside rrdtool, rebuilds by size
 * and by age; `--pause`: seconds between the rebuilds, as of a timer). Each figure stands beside its limit. Needs dist/ (npm run build), Chromium, nginx and rrdtool.
 */
const { values } = parseArgs({
  options: {
    only: { type: 'string', default: 'weight,chart,paint,lighthouse,rebuild,archive' },
    entities: { type: 'string', default: '20,200,2000' },
    pause: { type: 'string', default: '0' },
  },
})
const jiti = createJiti(import.meta.url, { fsCache: false })
const { benchSite } = await jiti.import('./site/whole.ts')
const missed = await benchSite(values.only.split(','), {
  entities: values.entities.split(',').map(Number),
  pause: Number(values.pause),
})
process.exitCode = missed > 0 ? 1 : 0
