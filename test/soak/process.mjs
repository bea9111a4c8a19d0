import { createJiti } from 'jiti'

/* One process of a soak: does a task (the argument) and prints lines of JSON. */
const task = JSON.parse(process.argv[2], (_key, value) => (value === 'forever' ? Number.POSITIVE_INFINITY : value))
const jiti = createJiti(import.meta.url, { fsCache: false })
const { runDays, buildOnce } = await jiti.import('./runs.ts')
if (task.kind === 'build') console.log(JSON.stringify(await buildOnce(task)))
else await runDays(task, (run) => console.log(JSON.stringify(run)))
